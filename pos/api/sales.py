"""Serve single sales, articles and taxes over HTTP."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, ClassVar, Final

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ledger.balances import today_of
from ledgersafe.http.authentication import principal_of
from ledgersafe.http.openapi import ProblemSerializer
from ledgersafe.http.paging import cursor_of, limit_of, next_cursor
from ledgersafe.http.permissions import Reach
from ledgersafe.tenants import event_types
from ledgersafe.values.csv_text import csv_response
from ledgersafe.values.errors import InvalidParameter
from pos.api import article_schemas, article_serializers
from pos.api.sale_schemas import SalePageSerializer, SaleSerializer
from pos.api.sale_serializers import header_item, sale_body
from pos.reports import ArticleReport, articles
from pos.sales import DEFAULT_DAYS, MAX_DAYS, SaleFilter, queries, read_span, read_store

_REFUSALS: Any = dict.fromkeys((400, 403), ProblemSerializer)
_SPAN: Final = [
    OpenApiParameter("from", date, description="The first business day; default: `to`, or today."),
    OpenApiParameter("to", date, description=f"The last one, included; at most {MAX_DAYS} days in all."),
    OpenApiParameter("store_id", str),
    OpenApiParameter("format", str, enum=["json", "csv"]),
]
_BOUND: Final = "Scope `pos:read`. A key bound to a store or register sees what was sold there."
_BOUND_TO_STORE: Final = "Scope `pos:read`. A key bound to a store sees that store; one bound to a register is refused."


class SalesView(APIView):
    """`GET /v1/sales`."""

    scope = "pos:read"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="sales_list",
        summary="List what was sold, newest business day first",
        description=f"{_BOUND} One item per journal: a void or a correction is one of its own.",
        parameters=[
            OpenApiParameter("store_id", str),
            OpenApiParameter("from", date, description=f"Default: {DEFAULT_DAYS} days up to `to`."),
            OpenApiParameter("to", date, description=f"Included; at most {MAX_DAYS} days in all."),
            OpenApiParameter("event_type", str, enum=event_types.NAMES),
            OpenApiParameter("txn_id", str, description="Sales as rung up under this number, of any day."),
            OpenApiParameter("event_id", str, description="The journals of one event, of any day."),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses={200: SalePageSerializer, **_REFUSALS},
    )
    def get(self, request: Request) -> Response:
        filters, limit = SaleFilter.read(request.query_params, _today(request)), limit_of(request)
        headers = queries.sales_of(principal_of(request), filters, cursor_of(request), limit)
        follows = next_cursor(headers[limit - 1].position) if len(headers) > limit else None
        return Response({"items": [header_item(header) for header in headers[:limit]], "next_cursor": follows})


class SaleView(APIView):
    """`GET /v1/sales/{event_id}`."""

    scope = "pos:read"
    reach = Reach.REGISTER

    @extend_schema(
        operation_id="sales_show",
        summary="Show an event with its lines, tenders and taxes, and what refers to what",
        description=_BOUND,
        parameters=[OpenApiParameter("event_id", str, OpenApiParameter.PATH)],
        responses={200: SaleSerializer, 404: ProblemSerializer, **_REFUSALS},
    )
    def get(self, request: Request, event_id: str) -> Response:
        principal = principal_of(request)
        place = queries.Place.of(principal)
        return Response(sale_body(queries.get_sale(principal.tenant_id, event_id, bound_to=place)))


class _RowsView(APIView):
    """The base of reports on projected rows."""

    scope = "pos:read"
    reach = Reach.STORE
    name: ClassVar[str]
    read: ClassVar[Callable[..., ArticleReport[Any]]]
    body: ClassVar[Callable[..., dict[str, Any]]]
    table: ClassVar[Callable[..., Iterator[bytes]]]

    def answer(self, request: Request) -> HttpResponseBase:
        """Answer in JSON or CSV. :raises InvalidParameter: invalid span, store or format."""
        principal, parameters = principal_of(request), request.query_params
        shape = parameters.get("format") or "json"
        if shape not in {"json", "csv"}:
            raise InvalidParameter("format must be json or csv.")
        first, last = read_span(parameters, _today(request))
        is_seen, store = articles.store_for(principal, read_store(parameters))
        report: ArticleReport[Any] = ArticleReport([], 0)
        if is_seen:
            articles.bring_up_to_date(principal.tenant_id, first, last)
            report = type(self).read(principal.tenant_id, first, last, store)
        if shape == "csv":
            return csv_response(type(self).table(report), f"{self.name}-{principal.tenant_slug}-{first}-{last}.csv")
        return Response(type(self).body(report, first, last))


class ArticlesView(_RowsView):
    """`GET /v1/reports/articles`."""

    name = "articles"
    read = staticmethod(articles.articles)
    body = staticmethod(article_serializers.articles_body)
    table = staticmethod(article_serializers.articles_csv)

    @extend_schema(
        operation_id="reports_articles",
        summary="Show what was sold by article, the most first",
        description=_BOUND_TO_STORE,
        parameters=_SPAN,
        responses={
            (200, "application/json"): article_schemas.ArticlesSerializer,
            (200, "text/csv"): OpenApiTypes.STR,
            **_REFUSALS,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        return self.answer(request)


class TaxesView(_RowsView):
    """`GET /v1/reports/taxes`."""

    name = "taxes"
    read = staticmethod(articles.taxes)
    body = staticmethod(article_serializers.taxes_body)
    table = staticmethod(article_serializers.taxes_csv)

    @extend_schema(
        operation_id="reports_taxes",
        summary="Show the taxes on what was sold, by code and rate",
        description=_BOUND_TO_STORE,
        parameters=_SPAN,
        responses={
            (200, "application/json"): article_schemas.TaxesSerializer,
            (200, "text/csv"): OpenApiTypes.STR,
            **_REFUSALS,
        },
    )
    def get(self, request: Request) -> HttpResponseBase:
        return self.answer(request)


def _today(request: Request) -> date:
    return today_of(principal_of(request).tenant_id, now=timezone.now())
