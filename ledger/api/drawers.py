"""HTTP of drawers and their transactions: parse, one call, render. Every POST moves money and is a `money_command`."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.api import drawer_serializers as serializers
from ledger.drawers import (
    Caller,
    Count,
    DrawerFilter,
    DrawerReport,
    NewDrawer,
    NewTransaction,
    close_drawer,
    count_drawer,
    open_drawer,
    queries,
    reports,
    transactions,
)
from ledger.drawers.printed_reports import printed
from ledger.models import Drawer
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, limit_of, next_cursor
from ledgersafe.http.permissions import Reach
from ledgersafe.http.rendering import json_response
from ledgersafe.idempotency.commands import Body, money_command
from ledgersafe.values.errors import InvalidParameter, NotFound

_SCOPES: Final = {"GET": "pos:read", "POST": "pos:write"}
_REFUSALS: Final = dict.fromkeys((400, 403, 404, 409, 415, 422), ProblemSerializer)
_FORMAT: Final = OpenApiParameter("format", str, enum=["json", "html"], description="html: a page to print.")


def _caller(request: Request) -> Caller:
    principal = principal_of(request)
    return Caller(
        principal.tenant_id, principal.actor, principal.may_approve, principal.store_code, principal.register_code
    )


def _item(drawer: Drawer, caller: Caller) -> dict[str, Any]:
    expected = queries.expected_in([drawer])[drawer.pk]
    return serializers.drawer_item(drawer, expected, may_approve=caller.may_approve)


def _id(text: str) -> int:
    """Read the id of a drawer from a URL. :raises ledgersafe.values.errors.NotFound: no drawer can have it."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise NotFound("There is no such drawer.")
    return int(text)


class DrawersView(APIView):
    """`POST /v1/pos/ledgers` and `GET /v1/pos/ledgers`."""

    scope = _SCOPES
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="drawers_open",
        summary="Open a register's cash drawer",
        responses={201: serializers.DrawerSerializer, **_REFUSALS},
    )
    @money_command(serializers.NewDrawerSerializer)
    def post(self, request: Request, body: Body) -> HttpResponse:
        caller = _caller(request)
        drawer = open_drawer(caller=caller, request=NewDrawer.read(body), now=timezone.now())
        return json_response(_item(drawer, caller), 201)

    @extend_schema(
        operation_id="drawers_list",
        summary="List drawers, newest first",
        parameters=[OpenApiParameter(name, str) for name in ("status", "store_id", "register_id", "cursor")]
        + [OpenApiParameter("limit", int)],
        responses=serializers.DrawerPageSerializer,
    )
    def get(self, request: Request) -> Response:
        caller, limit = _caller(request), limit_of(request)
        query = queries.list_drawers(caller, DrawerFilter.read(request.query_params), cursor_of(request))
        rows = list(query[: limit + 1])
        visible, expected = rows[:limit], queries.expected_in(rows[:limit])
        items = [serializers.drawer_item(row, expected[row.pk], may_approve=caller.may_approve) for row in visible]
        return Response({"items": items, "next_cursor": next_cursor([visible[-1].pk] if len(rows) > limit else None)})


class DrawerView(APIView):
    """`GET /v1/pos/ledgers/{id}`."""

    scope = _SCOPES
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="drawers_show",
        summary="Show one drawer with its expected cash",
        responses={200: serializers.DrawerSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, drawer_id: str) -> Response:
        caller = _caller(request)
        return Response(_item(queries.get_drawer(caller, _id(drawer_id)), caller))


class CountView(APIView):
    """`POST /v1/pos/ledgers/{id}/count`."""

    scope = "pos:write"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="drawers_count",
        summary="Count a drawer; it may be counted again",
        responses={200: serializers.DrawerSerializer, **_REFUSALS},
    )
    @money_command(serializers.CountSerializer)
    def post(self, request: Request, body: Body, drawer_id: str) -> HttpResponse:
        caller, count = _caller(request), Count.read(body)
        drawer = count_drawer(caller=caller, drawer_id=_id(drawer_id), count=count, now=timezone.now())
        return json_response(_item(drawer, caller))


class CloseView(APIView):
    """`POST /v1/pos/ledgers/{id}/close`."""

    scope = "pos:write"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="drawers_close",
        summary="Close a drawer and book over/short",
        responses={200: serializers.DrawerSerializer, **_REFUSALS},
    )
    @money_command(serializers.CountSerializer)
    def post(self, request: Request, body: Body, drawer_id: str) -> HttpResponse:
        caller, count = _caller(request), Count.read(body)
        drawer = close_drawer(caller=caller, drawer_id=_id(drawer_id), count=count, now=timezone.now())
        return json_response(_item(drawer, caller))


class XReportView(APIView):
    """`GET /v1/pos/ledgers/{id}/x-report`."""

    scope = "pos:read"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="drawers_x_report",
        summary="Show the X-report of an open drawer",
        parameters=[_FORMAT],
        responses={200: serializers.DrawerReportSerializer, **_REFUSALS},
    )
    def get(self, request: Request, drawer_id: str) -> HttpResponse:
        caller = _caller(request)
        report = reports.x_report(caller, _id(drawer_id), may_approve=caller.may_approve)
        return _report(request._request, report)


class ZReportView(APIView):
    """`GET /v1/pos/ledgers/{id}/z-report`."""

    scope = "pos:read"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="drawers_z_report",
        summary="Show the Z-report of a closed drawer",
        parameters=[_FORMAT],
        responses={200: serializers.DrawerReportSerializer, **_REFUSALS},
    )
    def get(self, request: Request, drawer_id: str) -> HttpResponse:
        return _report(request._request, reports.z_report(_caller(request), _id(drawer_id)))


class TransactionsView(APIView):
    """`POST /v1/pos/transactions`."""

    scope = "pos:write"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="transactions_create",
        summary="Record a drawer transaction",
        responses={201: serializers.TransactionSerializer, **_REFUSALS},
    )
    @money_command(serializers.NewTransactionSerializer)
    def post(self, request: Request, body: Body) -> HttpResponse:
        transaction = NewTransaction.read(body)
        recorded = transactions.transact(caller=_caller(request), request=transaction, now=timezone.now())
        return json_response(serializers.transaction_item(recorded), 201)


def _report(request: HttpRequest, report: DrawerReport) -> HttpResponse:
    """Render a report as JSON or as a page. :raises ledgersafe.values.errors.InvalidParameter: an unknown format."""
    format_ = request.GET.get("format", "json")
    if format_ not in {"json", "html"}:
        raise InvalidParameter("format must be json or html.")
    return printed(report) if format_ == "html" else json_response(serializers.report_body(report))
