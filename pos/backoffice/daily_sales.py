"""Show daily sales in the back office: the report with charts and files, and a day's reconciliation. Reads only."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from ledger.calendar import business_date_of, day_of
from ledgersafe.backoffice.scope import View, view_of
from ledgersafe.http.rendering import json_response
from ledgersafe.tenants import staff
from ledgersafe.tenants.models import Store, Tenant
from ledgersafe.values.csv_text import csv_response
from ledgersafe.values.errors import DomainError
from pos.api.report_serializers import daily_sales_body, daily_sales_csv
from pos.backoffice import daily_sales_sheet
from pos.reports import daily_sales, read_layers
from pos.sales import read_span, read_store

VIEW: Final = "pos.view_dailysales"
_PRESETS: Final = (("Today", 1), ("7 days", 7), ("30 days", 30), ("90 days", 90))
_DEFAULT_DAYS: Final = 7
_OFFERED_STORES: Final = 500


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """The filters of a report page. `refusal`: why the address could not be read; the filters then are the defaults."""

    view: View
    first: date
    last: date
    store_code: str | None
    today: date
    refusal: str = ""

    @classmethod
    def read(cls, request: HttpRequest) -> "ReportQuery":
        """Read the filters of the address; the last `_DEFAULT_DAYS` days by default."""
        view = view_of(request)
        tenant = view.tenant or (view.tenants[0] if view.tenants else None)
        today = today_of(tenant, timezone.now()) if tenant else timezone.now().date()
        parameters = request.GET.dict()
        try:
            if not parameters.get("from") and not parameters.get("to"):
                first, last = today - timedelta(days=_DEFAULT_DAYS - 1), today
            else:
                first, last = read_span(parameters, today)
            return cls(view, first, last, read_store(parameters), today)
        except DomainError as error:
            return cls(view, today, today, None, today, error.message)

    @property
    def query(self) -> dict[str, str]:
        """The query parameters of these filters."""
        store = {"store_id": self.store_code} if self.store_code else {}
        return {"tenant": self.view.value, "from": str(self.first), "to": str(self.last)} | store

    def rows(self) -> list[daily_sales.DaySales]:
        """Read the report lines; one statement."""
        return daily_sales.daily_sales(
            {tenant.id: (self.first, self.last) for tenant in self.view.tenants}, self.store_code
        )


def show_sales(request: HttpRequest) -> HttpResponse:
    """Show `daily-sales`: the report of a span of business days."""
    _require(request)
    filters = ReportQuery.read(request)
    names = {} if filters.view.tenant else {tenant.id: tenant.slug for tenant in filters.view.tenants}
    context = {
        "title": "Daily sales",
        "filters": filters,
        "view": filters.view,
        "stores": stores_of(filters, filters.view.tenant),
        "presets": presets_of(filters, "daily-sales", filters.query),
        "exports": [(kind.upper(), _url("daily-sales-export", filters.query, kind)) for kind in ("csv", "json")],
        "sheets": daily_sales_sheet.sheets(filters.rows(), filters.first, filters.last, names),
        "articles_url": _url("articles", filters.query),
        "sold_url": _url("sold", filters.query),
        "layers_url": _layers_url(filters.view.tenant, filters.last) if filters.view.tenant else "",
    }
    return _page(request, "pos/daily_sales.html", context)


def export(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Serve `daily-sales-export`: the same lines as a CSV or JSON file."""
    _require(request)
    filters = ReportQuery.read(request)
    if kind not in {"csv", "json"} or filters.refusal:
        raise Http404
    name = f"daily-sales-{filters.view.value}-{filters.first}-{filters.last}.{kind}"
    if kind == "csv":
        return csv_response(daily_sales_csv(filters.rows()), name)
    response = json_response(daily_sales_body(filters.rows(), filters.first, filters.last))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store, private"
    return response


def show_layers(request: HttpRequest, slug: str, day: str) -> HttpResponse:
    """Show `day-in-layers`: arrivals, headers, report and books of one day, and their differences."""
    _require(request)
    tenant = staff.visible_tenants(request.user).filter(slug=slug).first() if slug.isprintable() else None
    try:
        business_day = day_of({"day": day}, "day")
        layers = read_layers(tenant.id, business_day) if tenant is not None and business_day is not None else None
    except DomainError as error:
        raise Http404 from error
    if tenant is None or layers is None or business_day is None:
        raise Http404
    query = {"tenant": tenant.slug, "from": str(business_day), "to": str(business_day)}
    context = {
        "title": "Reconciliation",
        "tenant": tenant,
        "day": business_day,
        "layers": layers,
        "results": [(name, f"{layers.bronze.by_result.get(result, 0):,}") for result, name in _RESULTS],
        "headers_count": sum(row.sums.facts_count for row in layers.silver),
        "other_days": layers.bronze.headers - layers.bronze.headers_of_the_day,
        "tables": daily_sales_sheet.layer_tables(layers),
        "differences": [daily_sales_sheet.difference_cells(difference) for difference in layers.differences],
        "sales_url": _url("daily-sales", query),
        "before_url": _layers_url(tenant, business_day - timedelta(days=1)),
        "after_url": _layers_url(tenant, business_day + timedelta(days=1)),
    }
    return _page(request, "pos/layers.html", context)


_RESULTS: Final = (
    ("processed", "Posted"),
    ("duplicate", "Duplicates"),
    ("quarantined", "Held"),
    ("rejected", "Rejected"),
)


def today_of(tenant: Tenant, now: datetime) -> date:
    """Return the tenant's current business day."""
    cut_off = time(tenant.cut_off_hour, tenant.cut_off_minute)
    return business_date_of(now, time_zone=tenant.time_zone, cut_off=cut_off)


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied


def stores_of(filters: ReportQuery, tenant: Tenant | None) -> list[str]:
    """List the store codes offered for one tenant, the chosen one included even if unknown; empty for all tenants."""
    if tenant is None:
        return []
    codes = Store.objects.filter(tenant=tenant).order_by("code").values_list("code", flat=True)
    return sorted({*codes[:_OFFERED_STORES], *([filters.store_code] if filters.store_code else [])})


def presets_of(filters: ReportQuery, name: str, query: dict[str, str]) -> list[tuple[str, str, bool]]:
    """List the offered periods as (label, address, whether it is the current one)."""
    presets = []
    for label, days in _PRESETS:
        first = filters.today - timedelta(days=days - 1)
        span = query | {"from": str(first), "to": str(filters.today)}
        presets.append((label, _url(name, span), (filters.first, filters.last) == (first, filters.today)))
    return presets


def _url(name: str, query: dict[str, str], *arguments: str) -> str:
    return f"{reverse(name, args=arguments)}?{urlencode(query)}"


def _layers_url(tenant: Tenant, day: date) -> str:
    return reverse("day-in-layers", args=[tenant.slug, str(day)])


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, template, admin.site.each_context(request) | context)
