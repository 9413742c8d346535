"""HTTP of reading the books: parse, one call, render."""

from datetime import date
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.api import report_schemas as schemas
from ledger.api import report_serializers as serializers
from ledger.balances import balances, reports, statements
from ledger.calendar import day_of, moment_of, span_of_days
from ledger.fx import positions
from ledger.fx.requests import instant_of
from ledger.periods import calendar_of
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, limit_of
from ledgersafe.http.permissions import Reach
from ledgersafe.values.errors import InvalidParameter, NotFound

_REFUSALS: Any = dict.fromkeys((400, 403, 404), ProblemSerializer)
_AS_OF = OpenApiParameter("as_of", str, description="An instant with an offset, or a business day; default: now.")
_DATE = OpenApiParameter("date", date, description="A business day; default: the tenant's current one.")
_FROM = OpenApiParameter("from", date, description="The first business day.")
_TO = OpenApiParameter("to", date, description="The last business day, included.")


class BooksView(APIView):
    """The rights of all reports: scope `ledger:read`, keys of the whole tenant."""

    scope = "ledger:read"
    reach = Reach.TENANT


class BalanceView(BooksView):
    """`GET /v1/accounts/{code}/balance`."""

    @extend_schema(
        operation_id="accounts_balance",
        summary="Show an account's balance now, as of an instant, or as of a business day",
        parameters=[_AS_OF],
        responses={200: schemas.BalanceSerializer, **_REFUSALS},
    )
    def get(self, request: Request, code: str) -> Response:
        as_of = moment_of(request.query_params, "as_of")
        tenant_id = principal_of(request).tenant_id
        row = None if "\x00" in code else balances.balance(tenant_id, code, as_of=as_of)
        if row is None:
            raise NotFound("There is no such account.")
        return Response(serializers.balance_item(row, as_of or timezone.now()))


class StatementView(BooksView):
    """`GET /v1/accounts/{code}/statement`."""

    @extend_schema(
        operation_id="accounts_statement",
        summary="List an account's postings with the balance after each, oldest first",
        parameters=[_FROM, _TO, OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        responses={200: schemas.StatementSerializer, **_REFUSALS},
    )
    def get(self, request: Request, code: str) -> Response:
        tenant_id, cursor, limit = principal_of(request).tenant_id, cursor_of(request), limit_of(request)
        statement = statements.read_statement(tenant_id, code, request.query_params, cursor, limit)
        return Response(serializers.statement_body(statement))


class ExplainView(BooksView):
    """`GET /v1/accounts/{code}/explain`."""

    @extend_schema(
        operation_id="accounts_explain",
        summary="Explain a balance: the snapshot it starts from, and the movement of each business day since",
        parameters=[_DATE],
        responses={200: schemas.ExplanationSerializer, **_REFUSALS},
    )
    def get(self, request: Request, code: str) -> Response:
        day = _day(request)
        explanation = statements.explain(principal_of(request).tenant_id, code, day)
        return Response(serializers.explanation_body(explanation, day))


class BalancesView(BooksView):
    """`GET /v1/reports/balances`."""

    @extend_schema(
        operation_id="reports_balances",
        summary="Show the balance of every account",
        parameters=[_AS_OF],
        responses={200: schemas.BalancesSerializer, 400: ProblemSerializer, 403: ProblemSerializer},
    )
    def get(self, request: Request) -> Response:
        as_of = moment_of(request.query_params, "as_of")
        rows = balances.trial_balance(principal_of(request).tenant_id, as_of=as_of)
        return Response(serializers.balances_body(rows, as_of or timezone.now()))


class TrialBalanceView(BooksView):
    """`GET /v1/reports/trial-balance`."""

    @extend_schema(
        operation_id="reports_trial_balance",
        summary="Show the trial balance at the end of a business day",
        parameters=[_DATE],
        responses={200: schemas.TrialBalanceSerializer, 400: ProblemSerializer, 403: ProblemSerializer},
    )
    def get(self, request: Request) -> Response:
        day = _day(request)
        rows = balances.trial_balance(principal_of(request).tenant_id, as_of=day)
        return Response(serializers.trial_balance_body(rows, day))


class BalanceSheetView(BooksView):
    """`GET /v1/reports/balance-sheet`."""

    @extend_schema(
        operation_id="reports_balance_sheet",
        summary="Show the balance sheet at the end of a business day",
        parameters=[_DATE],
        responses={200: schemas.BalanceSheetSerializer, 400: ProblemSerializer, 403: ProblemSerializer},
    )
    def get(self, request: Request) -> Response:
        day = _day(request)
        return Response(
            serializers.balance_sheet_body(*reports.balance_sheet(principal_of(request).tenant_id, day), day)
        )


class IncomeStatementView(BooksView):
    """`GET /v1/reports/income-statement`: of a span of days; by default of the year up to now."""

    @extend_schema(
        operation_id="reports_income_statement",
        summary="Show the income statement of a span of business days (default: this year)",
        parameters=[_FROM, _TO],
        responses={200: schemas.IncomeStatementSerializer, 400: ProblemSerializer, 403: ProblemSerializer},
    )
    def get(self, request: Request) -> Response:
        first, last = _span(request)
        statement = reports.income_statement(principal_of(request).tenant_id, first, last)
        return Response(serializers.income_body(*statement, first, last))


class FxClearingView(BooksView):
    """`GET /v1/reports/fx-clearing`."""

    @extend_schema(
        operation_id="reports_fx_clearing",
        summary="Show the open FX position, valued at the rates of the day's end",
        parameters=[_DATE],
        responses={200: schemas.FxClearingSerializer, 400: ProblemSerializer, 403: ProblemSerializer},
    )
    def get(self, request: Request) -> Response:
        day, principal = _day(request), principal_of(request)
        at = instant_of(day, calendar_of(principal.tenant_id), now=timezone.now())
        rows = positions.read(principal.tenant_id, day, at=at)
        return Response(serializers.fx_clearing_body(rows, reports.base_currency_of(principal.tenant_id), day, at))


def _day(request: Request) -> date:
    return day_of(request.query_params, "date") or _today(request)


def _span(request: Request) -> tuple[date, date]:
    first, last = span_of_days(request.query_params)
    last = last or _today(request)
    first = first or last.replace(month=1, day=1)
    if last < first:
        raise InvalidParameter("to must not lie before from.")
    return first, last


def _today(request: Request) -> date:
    return reports.today_of(principal_of(request).tenant_id, now=timezone.now())
