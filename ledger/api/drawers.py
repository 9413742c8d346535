"""HTTP of drawers and their transactions: parse, one call, render. Whatever moves money stands under the guard."""

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.api import drawer_serializers as serializers
from ledger.drawers import drawer as drawers
from ledger.drawers import queries, reports, transactions
from ledger.drawers.caller import Caller
from ledger.drawers.printed_reports import printed
from ledger.drawers.queries import DrawerFilter
from ledger.drawers.reports import DrawerReport
from ledger.drawers.requests import Count, NewDrawer, NewTransaction
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
_FORMAT: Final = OpenApiParameter("format", str, enum=["json", "html"], description="html is a page to print.")


def _caller(request: Request) -> Caller:
    who = principal_of(request)
    return Caller(who.tenant_id, who.actor, who.may_approve, who.store_code, who.register_code)


def _item(drawer: Drawer, caller: Caller) -> dict[str, Any]:
    expected = queries.expected_in([drawer])[drawer.pk]
    return serializers.drawer_item(drawer, expected, may_approve=caller.may_approve)


def _id(text: str) -> int:
    """:raises ledgersafe.values.errors.NotFound: no number can be meant."""
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
        drawer = drawers.open_drawer(caller=caller, wanted=NewDrawer.read(body), now=timezone.now())
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
        rows = queries.list_drawers(caller, DrawerFilter.read(request.query_params), cursor_of(request))
        found = list(rows[: limit + 1])
        shown, expected = found[:limit], queries.expected_in(found[:limit])
        items = [serializers.drawer_item(row, expected[row.pk], may_approve=caller.may_approve) for row in shown]
        return Response({"items": items, "next_cursor": next_cursor([shown[-1].pk] if len(found) > limit else None)})


class DrawerView(APIView):
    """`GET /v1/pos/ledgers/{id}`."""

    scope = _SCOPES
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="drawers_show",
        summary="Show one drawer, and what should be in it",
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
        drawer = drawers.count_drawer(caller=caller, drawer_id=_id(drawer_id), count=count, now=timezone.now())
        return json_response(_item(drawer, caller))


class CloseView(APIView):
    """`POST /v1/pos/ledgers/{id}/close`."""

    scope = "pos:write"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="drawers_close",
        summary="Close a drawer: over/short is booked, and the drawer sealed",
        responses={200: serializers.DrawerSerializer, **_REFUSALS},
    )
    @money_command(serializers.CountSerializer)
    def post(self, request: Request, body: Body, drawer_id: str) -> HttpResponse:
        caller, count = _caller(request), Count.read(body)
        drawer = drawers.close_drawer(caller=caller, drawer_id=_id(drawer_id), count=count, now=timezone.now())
        return json_response(_item(drawer, caller))


class XReportView(APIView):
    """`GET /v1/pos/ledgers/{id}/x-report`."""

    scope = "pos:read"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="drawers_x_report",
        summary="What went through a drawer so far",
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
        summary="The final figures of a closed drawer",
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
        wanted = NewTransaction.read(body)
        made = transactions.transact(caller=_caller(request), wanted=wanted, now=timezone.now())
        return json_response(serializers.transaction_item(made), 201)


def _report(request: HttpRequest, report: DrawerReport) -> HttpResponse:
    """:raises ledgersafe.values.errors.InvalidParameter: an unknown format."""
    wanted = request.GET.get("format", "json")
    if wanted not in {"json", "html"}:
        raise InvalidParameter("format must be json or html.")
    return printed(report) if wanted == "html" else json_response(serializers.report_body(report))
