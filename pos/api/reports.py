"""Serve daily sales and reconciliation over HTTP."""

from datetime import date
from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.balances import today_of
from ledger.calendar import day_of
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.permissions import Reach
from ledgersafe.values.csv_text import csv_response
from ledgersafe.values.errors import InvalidParameter
from pos.api import report_schemas
from pos.api.report_serializers import daily_sales_body, daily_sales_csv, reconciliation_body
from pos.reports import daily_sales, reconciliation
from pos.sales import MAX_DAYS, read_span, read_store

_REFUSALS: Any = dict.fromkeys((400, 403), ProblemSerializer)


class DailySalesView(APIView):
    """`GET /v1/reports/daily-sales`."""

    scope = "pos:read"
    reach = Reach.STORE

    @extend_schema(
        operation_id="reports_daily_sales",
        summary="Show what each store sold on each business day, exact at this moment",
        description="Scope `pos:read`. A key bound to a store sees that store; one bound to a register is refused. "
        "Figures: docs/kpis.md.",
        parameters=[
            OpenApiParameter("from", date, description="The first business day; default: `to`, or today."),
            OpenApiParameter("to", date, description=f"The last one, included; at most {MAX_DAYS} days in all."),
            OpenApiParameter("store_id", str),
            OpenApiParameter("format", str, enum=["json", "csv"]),
        ],
        responses={
            (200, "application/json"): report_schemas.DailySalesSerializer,
            (200, "text/csv"): OpenApiTypes.STR,
            **_REFUSALS,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        principal, parameters = principal_of(request), request.query_params
        shape = parameters.get("format") or "json"
        if shape not in {"json", "csv"}:
            raise InvalidParameter("format must be json or csv.")
        first, last = read_span(parameters, _today(request))
        rows = daily_sales.sales_for(principal, first, last, read_store(parameters))
        if shape == "csv":
            name = f"daily-sales-{principal.tenant_slug}-{first}-{last}.csv"
            return csv_response(daily_sales_csv(rows), name)
        return Response(daily_sales_body(rows, first, last))


class ReconciliationView(APIView):
    """`GET /v1/reports/reconciliation`."""

    scope = "pos:read"
    reach = Reach.TENANT

    @extend_schema(
        operation_id="reports_reconciliation",
        summary="Show a business day in every layer: arrivals, headers, report and books, and where they differ",
        description="Scope `pos:read`; not for a key that is bound to a store.",
        parameters=[OpenApiParameter("date", date, description="A business day; default: the tenant's current one.")],
        responses={200: report_schemas.ReconciliationSerializer, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        day = day_of(request.query_params, "date") or _today(request)
        layers = reconciliation.read_layers(principal_of(request).tenant_id, day)
        return Response(reconciliation_body(layers))


def _today(request: Request) -> date:
    return today_of(principal_of(request).tenant_id, now=timezone.now())
