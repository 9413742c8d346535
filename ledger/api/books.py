"""HTTP of accounts, transfers and journals: parse, one call, render."""

from collections import Counter
from typing import Any, Final

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.accounts import changes as account_changes
from ledger.accounts import queries
from ledger.accounts.queries import AccountFilter
from ledger.accounts.requests import AccountChanges, NewAccount
from ledger.api import book_serializers
from ledger.journals import queries as journal_queries
from ledger.journals.queries import JournalFilter
from ledger.periods import calendar_memory
from ledger.transfers import reversals, transfer
from ledger.transfers.requests import ReversalRequest, TransferRequest, read_bulk
from ledger.transfers.transfer import PostedTransfer
from ledgersafe.http.authentication import RememberingApiKeyAuthentication, StaffSessionAuthentication, principal_of
from ledgersafe.http.json_requests import read_object
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, flag_of, limit_of, page
from ledgersafe.http.permissions import Reach
from ledgersafe.http.rendering import instant, json_response
from ledgersafe.idempotency.commands import KEY_HEADER, idempotency_key_of, replayed, replayed_header

_REFUSALS: Final = dict.fromkeys((400, 403, 409, 413, 415, 422), ProblemSerializer)
_PAGING: Final = [OpenApiParameter("cursor", str), OpenApiParameter("limit", int)]
_KEY: Final = OpenApiParameter("X-Idempotency-Key", str, OpenApiParameter.HEADER)
_REPLAYED: Final = replayed_header(200)
#: A POST authenticates its key from memory: the posting statement looks it up again. For the schema one scheme.
_BY_ALL: Any = [{"ApiKey": []}, {"StaffSession": []}]
_SCOPES: Final = {"GET": "ledger:read", "POST": "ledger:write", "PATCH": "ledger:write"}


class AccountsView(APIView):
    """`POST /v1/accounts` and `GET /v1/accounts`."""

    scope = _SCOPES
    reach = Reach.TENANT

    @extend_schema(
        operation_id="accounts_create",
        summary="Open an account",
        request=book_serializers.NewAccountSerializer,
        responses={201: book_serializers.AccountSerializer, **_REFUSALS},
    )
    def post(self, request: Request) -> Response:
        principal = principal_of(request)
        wanted = NewAccount.read(
            read_object(request._request, principal.tenant_slug, declared=book_serializers.NewAccountSerializer)
        )
        account = account_changes.open_account(tenant_id=principal.tenant_id, wanted=wanted, actor=principal.actor)
        return Response(book_serializers.account_item(account), status=201)

    @extend_schema(
        operation_id="accounts_list",
        summary="List accounts by code",
        parameters=[*(OpenApiParameter(name, str) for name in ("type", "ccy", "status")), *_PAGING],
        responses=book_serializers.AccountPageSerializer,
    )
    def get(self, request: Request) -> Response:
        wanted = AccountFilter.read(request.query_params)
        rows = queries.list_accounts(principal_of(request).tenant_id, wanted, cursor_of(request))
        return page(rows, limit_of(request), book_serializers.account_item, lambda row: [row.code])


class AccountView(APIView):
    """`GET` and `PATCH /v1/accounts/{code}`."""

    scope = _SCOPES
    reach = Reach.TENANT

    @extend_schema(
        operation_id="accounts_show",
        summary="Show one account",
        responses={200: book_serializers.AccountSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, code: str) -> Response:
        account = queries.get_account(principal_of(request).tenant_id, code)
        return Response(book_serializers.account_item(account))

    @extend_schema(
        operation_id="accounts_change",
        summary="Change an account's name, status, metadata or floor",
        request=book_serializers.AccountChangeSerializer,
        responses={200: book_serializers.AccountSerializer, 404: ProblemSerializer, **_REFUSALS},
    )
    def patch(self, request: Request, code: str) -> Response:
        principal = principal_of(request)
        changes = AccountChanges.read(
            read_object(request._request, principal.tenant_slug, declared=book_serializers.AccountChangeSerializer)
        )
        queries.get_account(principal.tenant_id, code)  # absent ones before anything is waited for
        account = account_changes.change_account(
            tenant_id=principal.tenant_id, code=code, changes=changes, actor=principal.actor
        )
        return Response(book_serializers.account_item(account))


class AccountHistoryView(APIView):
    """`GET /v1/accounts/{code}/history`: every change, or how the account was at an instant."""

    scope = "ledger:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="accounts_history",
        summary="Show an account's changes, newest first, or how it was then",
        parameters=[OpenApiParameter("as_of", str, description="An instant with an offset."), *_PAGING],
        responses={200: book_serializers.AccountHistorySerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, code: str) -> Response:
        account = queries.get_account(principal_of(request).tenant_id, code)
        if text := request.query_params.get("as_of"):
            then = queries.read_instant(text, "as_of")
            was = queries.account_at(account, then)
            return Response({"account": book_serializers.account_item(was), "as_of": instant(then)})
        rows = queries.list_versions(account, cursor_of(request))
        return page(
            rows,
            limit_of(request),
            lambda row: book_serializers.version_item(row, account.currency),
            lambda row: [row.version],
        )


class TransfersView(APIView):
    """`POST /v1/transfers`."""

    authentication_classes = [RememberingApiKeyAuthentication, StaffSessionAuthentication]
    scope = "ledger:write"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="transfers_create",
        auth=_BY_ALL,
        summary="Post a transfer, once per key",
        parameters=[_KEY, _REPLAYED, OpenApiParameter("dry_run", bool, description="The real path, rolled back.")],
        request=book_serializers.TransferSerializer,
        responses={
            201: book_serializers.TransferredSerializer,
            200: book_serializers.TransferredSerializer,
            **_REFUSALS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        principal, now = principal_of(request), timezone.now()
        wanted = TransferRequest.read(
            read_object(request._request, principal.tenant_slug, declared=book_serializers.TransferSerializer),
            header_key=idempotency_key_of(request),
            client=principal.client_id,
            today=calendar_memory.of(principal.tenant_id).day_of(now),
        )
        act = transfer.preview if flag_of(request, "dry_run") else transfer.carry_out
        (applied,) = act(principal=principal, requests=[wanted], now=now)
        answer = _transferred(applied)
        response = json_response(answer, 201 if answer["status"] == "applied" else 200)
        return response if applied.is_new else replayed(response)


class TransferBulkView(APIView):
    """`POST /v1/transfers/bulk`: all or none."""

    authentication_classes = [RememberingApiKeyAuthentication, StaffSessionAuthentication]
    scope = "ledger:write"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="transfers_bulk",
        auth=_BY_ALL,
        summary="Post up to 500 transfers, all or none",
        parameters=[_REPLAYED],
        request=book_serializers.TransferBulkSerializer,
        responses={
            201: book_serializers.TransferredBulkSerializer,
            200: book_serializers.TransferredBulkSerializer,
            **_REFUSALS,
        },
    )
    def post(self, request: Request) -> HttpResponse:
        principal, now = principal_of(request), timezone.now()
        today = calendar_memory.of(principal.tenant_id).day_of(now)
        body = read_object(request._request, principal.tenant_slug, declared=book_serializers.TransferBulkSerializer)
        wanted = read_bulk(body, client=principal.client_id, today=today)
        applied = transfer.carry_out(principal=principal, requests=wanted, now=now, single=False)
        results = [_transferred(one) for one in applied]
        counts = Counter(result["status"] for result in results)
        response = json_response({"results": results, "counts": counts}, 201 if counts["applied"] else 200)
        return response if counts["applied"] else replayed(response)


class JournalsView(APIView):
    """`GET /v1/journals`."""

    scope = "ledger:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="journals_list",
        summary="List journals, newest first",
        parameters=[
            OpenApiParameter("from", str, description="Business day."),
            OpenApiParameter("to", str, description="Business day, included."),
            OpenApiParameter("account", str, description="Code of an account it touches."),
            OpenApiParameter("external_ref", str),
            *_PAGING,
        ],
        responses=book_serializers.JournalPageSerializer,
    )
    def get(self, request: Request) -> Response:
        wanted = JournalFilter.read(request.query_params)
        rows = journal_queries.list_journals(principal_of(request).tenant_id, wanted, cursor_of(request))
        return page(rows, limit_of(request), book_serializers.journal_item, lambda row: [row.id])


class JournalView(APIView):
    """`GET /v1/journals/{id}`."""

    scope = "ledger:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="journals_show",
        summary="Show one journal with its lines",
        responses={200: book_serializers.JournalSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, journal_id: str) -> Response:
        found = journal_queries.get_journal(principal_of(request).tenant_id, journal_queries.read_id(journal_id))
        return Response(book_serializers.journal_detail(found))


class ReverseView(APIView):
    """`POST /v1/journals/{id}/reverse`."""

    scope = "ledger:write"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="journals_reverse",
        summary="Undo a transfer's journal by its mirror",
        parameters=[KEY_HEADER, _REPLAYED],
        request=book_serializers.ReversalSerializer,
        responses={
            201: book_serializers.ReversedSerializer,
            200: book_serializers.ReversedSerializer,
            404: ProblemSerializer,
            **_REFUSALS,
        },
    )
    def post(self, request: Request, journal_id: str) -> Response:
        principal, now = principal_of(request), timezone.now()
        slug, declared = principal.tenant_slug, book_serializers.ReversalSerializer
        wanted = ReversalRequest.read(
            read_object(request._request, slug, declared=declared, may_be_empty=True),
            journal_id=journal_queries.read_id(journal_id),
            header_key=idempotency_key_of(request),
            client=principal.client_id,
            today=calendar_memory.of(principal.tenant_id).day_of(now),
        )
        command, is_new = reversals.reverse_journal(principal=principal, request=wanted, now=now)
        answer = _transferred(PostedTransfer(command.journal_id, instant(command.created_at), is_new))
        response = Response(answer | {"reverses": wanted.journal_id}, status=201 if is_new else 200)
        return response if is_new else replayed(response)


def _transferred(applied: PostedTransfer) -> dict[str, Any]:
    """The contract's answer."""
    status = "duplicate" if not applied.is_new else "applied" if applied.journal_id is not None else "dry_run"
    return {"journal_id": applied.journal_id, "status": status, "created_at": applied.created_at}
