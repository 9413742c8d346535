"""Show sales by article and by tax in the back office, with files. Reads only, but for pending projections."""

from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

from ledgersafe.http.rendering import json_response
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.csv_text import csv_response
from ledgersafe.values.money_text import grouped
from ledgersafe.values.pretty import visible
from pos.api import article_serializers
from pos.backoffice.daily_sales import ReportQuery, presets_of, stores_of
from pos.reports import Article, TaxSum
from pos.reports import articles as article_reports

VIEW: Final = "pos.view_saleline"
_SHOWN: Final = 200
_BARS: Final = 10
_FILES: Final[dict[str, tuple[Any, Any, Any]]] = {
    "articles": (article_reports.articles, article_serializers.articles_csv, article_serializers.articles_body),
    "taxes": (article_reports.taxes, article_serializers.taxes_csv, article_serializers.taxes_body),
}


def show(request: HttpRequest) -> HttpResponse:
    """Show `articles`: sales by article and tax over a span of business days."""
    filters, tenant = _filters_and_tenant(request)
    sold: Any = article_reports.ArticleReport([], 0)
    taxes: Any = sold
    if tenant is not None:
        article_reports.bring_up_to_date(tenant.id, filters.first, filters.last)
        sold = article_reports.articles(tenant.id, filters.first, filters.last, filters.store_code)
        taxes = article_reports.taxes(tenant.id, filters.first, filters.last, filters.store_code)
    query = filters.query | ({"tenant": tenant.slug} if tenant else {})
    address = urlencode(query)
    context = {
        "title": "Articles and taxes",
        "filters": filters,
        "view": filters.view,
        "tenant": tenant,
        "stores": stores_of(filters, tenant),
        "presets": presets_of(filters, "articles", query),
        "pending": sold.pending,
        "sheets": sheets(sold.rows, taxes.rows),
        "exports": [
            (f"{name.capitalize()} {kind.upper()}", f"{reverse('articles-export', args=[name, kind])}?{address}")
            for name in _FILES
            for kind in ("csv", "json")
        ],
        "sales_url": f"{reverse('daily-sales')}?{address}",
    }
    return TemplateResponse(request, "pos/articles.html", admin.site.each_context(request) | context)


def export(request: HttpRequest, name: str, kind: str) -> HttpResponseBase:
    """Serve `articles-export`: the same lines as a CSV or JSON file."""
    filters, tenant = _filters_and_tenant(request)
    if name not in _FILES or kind not in {"csv", "json"} or filters.refusal or tenant is None:
        raise Http404
    read, table, body = _FILES[name]
    report = read(tenant.id, filters.first, filters.last, filters.store_code)
    file = f"{name}-{tenant.slug}-{filters.first}-{filters.last}.{kind}"
    if kind == "csv":
        return csv_response(table(report), file)
    response = json_response(body(report, filters.first, filters.last))
    response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


def sheets(articles: list[Article], taxes: list[TaxSum]) -> list[dict[str, Any]]:
    """Build a sheet per currency: bars of the top articles, a table of up to `_SHOWN` articles, and the taxes."""
    currencies = sorted({row.currency for row in articles} | {row.currency for row in taxes})
    return [
        _sheet(
            currency,
            [row for row in articles if row.currency == currency],
            [row for row in taxes if row.currency == currency],
        )
        for currency in currencies
    ]


def _sheet(currency: str, articles: list[Article], taxes: list[TaxSum]) -> dict[str, Any]:
    best = max((row.amount_minor for row in articles), default=0)
    return {
        "currency": currency,
        "bars": [
            (_named(row), grouped(row.amount_minor, currency), f"{max(0, 100 * row.amount_minor / best):.1f}")
            for row in articles[:_BARS]
            if best > 0
        ],
        "rows": [
            (
                _named(row),
                [
                    _number(row.sold_quantity), grouped(row.sold_minor, currency), _number(row.returned_quantity),
                    grouped(row.returned_minor, currency), _number(row.quantity), grouped(row.amount_minor, currency),
                ],
            )
            for row in articles[:_SHOWN]
        ],
        "more": max(0, len(articles) - _SHOWN),
        "total": [
            "", grouped(sum(row.sold_minor for row in articles), currency), "",
            grouped(sum(row.returned_minor for row in articles), currency), "",
            grouped(sum(row.amount_minor for row in articles), currency),
        ],
        "taxes": [
            (visible(row.code), row.rate or "–", "yes" if row.inclusive else "no", grouped(row.amount_minor, currency))
            for row in taxes
        ],
        "tax_total": grouped(sum(row.amount_minor for row in taxes), currency),
    }  # fmt: skip


def _named(row: Article) -> str:
    return visible(row.sku) or "(no article named)"


def _number(quantity: Any) -> str:
    return f"{quantity.normalize():,f}".replace("-", "−")


def _filters_and_tenant(request: HttpRequest) -> tuple[ReportQuery, Tenant | None]:
    """Read the filters and choose one tenant: quantities of different tenants cannot be added up.

    :raises PermissionDenied: the person may not see sale lines.
    """
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    filters = ReportQuery.read(request)
    return filters, filters.view.tenant or (filters.view.tenants[0] if filters.view.tenants else None)
