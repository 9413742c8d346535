"""HTTP of accounts: parse, one call, render."""

from typing import Final

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.accounts import AccountChanges, AccountFilter, NewAccount, change_account, open_account, queries
from ledger.api import book_schemas, book_serializers
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.json_requests import read_object
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, limit_of, page
from ledgersafe.http.permissions import Reach
from ledgersafe.http.rendering import instant

_REFUSALS: Final = dict.fromkeys((400, 403, 409, 413, 415, 422), ProblemSerializer)
_PAGING: Final = [OpenApiParameter("cursor", str), OpenApiParameter("limit", int)]
_SCOPES: Final = {"GET": "ledger:read", "POST": "ledger:write", "PATCH": "ledger:write"}


class AccountsView(APIView):
    """`POST /v1/accounts` and `GET /v1/accounts`."""

    scope = _SCOPES
    reach = Reach.TENANT

    @extend_schema(
        operation_id="accounts_create",
        summary="Open an account",
        request=book_schemas.NewAccountSerializer,
        responses={201: book_schemas.AccountSerializer, **_REFUSALS},
    )
    def post(self, request: Request) -> Response:
        principal = principal_of(request)
        new_account = NewAccount.read(
            read_object(request._request, principal.tenant_slug, declared=book_schemas.NewAccountSerializer)
        )
        account = open_account(tenant_id=principal.tenant_id, request=new_account, actor=principal.actor)
        return Response(book_serializers.account_item(account), status=201)

    @extend_schema(
        operation_id="accounts_list",
        summary="List accounts by code",
        parameters=[*(OpenApiParameter(name, str) for name in ("type", "ccy", "status")), *_PAGING],
        responses=book_schemas.AccountPageSerializer,
    )
    def get(self, request: Request) -> Response:
        filters = AccountFilter.read(request.query_params)
        rows = queries.list_accounts(principal_of(request).tenant_id, filters, cursor_of(request))
        return page(rows, limit_of(request), book_serializers.account_item, lambda row: [row.code])


class AccountView(APIView):
    """`GET` and `PATCH /v1/accounts/{code}`."""

    scope = _SCOPES
    reach = Reach.TENANT

    @extend_schema(
        operation_id="accounts_show",
        summary="Show one account",
        responses={200: book_schemas.AccountSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, code: str) -> Response:
        account = queries.get_account(principal_of(request).tenant_id, code)
        return Response(book_serializers.account_item(account))

    @extend_schema(
        operation_id="accounts_change",
        summary="Change an account's name, status, metadata or floor",
        request=book_schemas.AccountChangeSerializer,
        responses={200: book_schemas.AccountSerializer, 404: ProblemSerializer, **_REFUSALS},
    )
    def patch(self, request: Request, code: str) -> Response:
        principal = principal_of(request)
        changes = AccountChanges.read(
            read_object(request._request, principal.tenant_slug, declared=book_schemas.AccountChangeSerializer)
        )
        queries.get_account(principal.tenant_id, code)  # answer 404 before waiting for posters
        account = change_account(tenant_id=principal.tenant_id, code=code, changes=changes, actor=principal.actor)
        return Response(book_serializers.account_item(account))


class AccountHistoryView(APIView):
    """`GET /v1/accounts/{code}/history`: every change, or how the account was at an instant."""

    scope = "ledger:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="accounts_history",
        summary="List an account's changes, newest first, or show it at an instant",
        parameters=[OpenApiParameter("as_of", str, description="An instant with an offset."), *_PAGING],
        responses={200: book_schemas.AccountHistorySerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, code: str) -> Response:
        account = queries.get_account(principal_of(request).tenant_id, code)
        if text := request.query_params.get("as_of"):
            as_of = queries.read_instant(text, "as_of")
            version = queries.account_at(account, as_of)
            return Response({"account": book_serializers.account_item(version), "as_of": instant(as_of)})
        rows = queries.list_versions(account, cursor_of(request))
        return page(
            rows,
            limit_of(request),
            lambda row: book_serializers.version_item(row, account.currency),
            lambda row: [row.version],
        )
