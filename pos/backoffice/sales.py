"""Show sales in the back office: the list, and one event as a receipt with its references."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from ledgersafe.backoffice.scope import View, view_of
from ledgersafe.http.paging import decode_cursor, next_cursor
from ledgersafe.tenants import event_types, staff
from ledgersafe.tenants.models import Store, Tenant
from ledgersafe.values.errors import DomainError, NotFound
from ledgersafe.values.pretty import visible
from pos.backoffice import receipts
from pos.backoffice.daily_sales import today_of
from pos.backoffice.timeline import timeline_url
from pos.models import SaleReference
from pos.sales import Header, SaleFilter, get_sale, list_sales

VIEW: Final = "pos.view_sale"
_PAGE: Final = 50
_OFFERED_STORES: Final = 500


@dataclass(frozen=True, slots=True)
class SalesQuery:
    """The filters of the sales list. `refusal`: why the address could not be read; filters are then the defaults."""

    view: View
    tenant: Tenant | None
    query: dict[str, str]
    filter: SaleFilter
    text: str
    cursor: list[Any] | None
    refusal: str = ""

    @classmethod
    def read(cls, request: HttpRequest) -> "SalesQuery":
        """Read the filters of the address; the first visible tenant by default."""
        view = view_of(request)
        tenant = view.tenant or (view.tenants[0] if view.tenants else None)
        today = today_of(tenant, timezone.now()) if tenant else timezone.now().date()
        query = {name: value.strip() for name, value in request.GET.dict().items() if name != "tenant"}
        text, cursor = query.get("q", ""), query.pop("cursor", "")
        try:
            sale_filter = SaleFilter.read(query | {"txn_id": text, "event_id": ""}, today)
            return cls(view, tenant, query, sale_filter, text, decode_cursor(cursor) if cursor else None)
        except DomainError as error:
            return cls(view, tenant, {}, SaleFilter.read({}, today), "", None, error.message)

    @property
    def address(self) -> dict[str, str]:
        """The query parameters of these filters, without the cursor."""
        parameters = {name: value for name, value in self.query.items() if value}
        return parameters | ({"tenant": self.tenant.slug} if self.tenant else {})

    def headers(self) -> list[Header]:
        """List the headers; one statement, and a second one if the text is no receipt but may be an event id."""
        if self.tenant is None:
            return []
        headers = list_sales(self.tenant.id, self.filter, self.cursor, _PAGE)
        if headers or not self.text:
            return headers
        by_event = SaleFilter(self.filter.first, self.filter.last, self.filter.store_code, self.filter.event_type)
        return list_sales(self.tenant.id, _with_event(by_event, self.text), self.cursor, _PAGE)


def show_list(request: HttpRequest) -> HttpResponse:
    """Show `sold`: headers, newest first."""
    _require(request)
    sales_query = SalesQuery.read(request)
    try:
        headers = sales_query.headers()
    except DomainError as error:
        headers = []
        sales_query = SalesQuery(sales_query.view, sales_query.tenant, {}, sales_query.filter, "", None, error.message)
    follows = next_cursor(headers[_PAGE - 1].position) if len(headers) > _PAGE else None
    context = {
        "title": "Sales",
        "sales_query": sales_query,
        "view": sales_query.view,
        "stores": _stores(sales_query),
        "types": [(kind.name, kind.label) for kind in event_types.TABLE],
        "shown_first": sales_query.filter.first,
        "shown_last": sales_query.filter.last if sales_query.filter.last < date.max else None,
        "rows": [_row(sales_query.tenant, header) for header in headers[:_PAGE] if sales_query.tenant],
        "older_url": f"?{urlencode(sales_query.address | {'cursor': follows})}" if follows else "",
        "newest_url": f"?{urlencode(sales_query.address)}" if sales_query.cursor else "",
    }
    return _page(request, "pos/sold.html", context)


def show_event(request: HttpRequest, slug: str, event_id: str) -> HttpResponse:
    """Show `sold-event`: the journals of one event as receipts, with references."""
    _require(request)
    tenant = staff.visible_tenants(request.user).filter(slug=slug).first() if slug.isprintable() else None
    if tenant is None:
        raise Http404
    try:
        sold = get_sale(tenant.id, event_id)
    except NotFound as error:
        raise Http404 from error
    currency = sold.journals[0].header.currency
    context = {
        "title": visible(event_id),
        "tenant": tenant,
        "receipts": [receipts.receipt_of(journal) for journal in sold.journals],
        "refers_to": [_reference(tenant, row, row.original_key, currency) for row in sold.refers_to],
        "referred_by": [_reference(tenant, row, row.event_key, currency) for row in sold.referred_by],
        "timeline_url": timeline_url(tenant.slug, event_id),
        "list_url": f"{reverse('sold')}?{urlencode({'tenant': tenant.slug})}",
    }
    return _page(request, "pos/sold_event.html", context)


def event_url(tenant: Tenant, event_id: str) -> str:
    """Return the address of an event's receipt."""
    return reverse("sold-event", args=[tenant.slug, event_id])


def _row(tenant: Tenant, header: Header) -> dict[str, Any]:
    return receipts.summary_of(header) | {"url": event_url(tenant, header.event_key)}


def _reference(tenant: Tenant, row: SaleReference, event_id: str, currency: str) -> dict[str, Any]:
    at: datetime = row.recorded_at
    return {
        "kind": event_types.label_of(row.kind),
        "event": visible(event_id),
        "url": event_url(tenant, event_id),
        "amount": receipts.amount(row.amount_minor, currency),
        "undone": row.sign < 0,
        "at": at,
    }


def _with_event(sale_filter: SaleFilter, event_key: str) -> SaleFilter:
    return SaleFilter(
        sale_filter.first, sale_filter.last, sale_filter.store_code, sale_filter.event_type, event_key=event_key
    )


def _stores(sales_query: SalesQuery) -> list[str]:
    if sales_query.tenant is None:
        return []
    codes = Store.objects.filter(tenant=sales_query.tenant).order_by("code").values_list("code", flat=True)
    chosen = sales_query.filter.store_code
    return sorted({*codes[:_OFFERED_STORES], *([chosen] if chosen else [])})


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(VIEW):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return TemplateResponse(request, template, admin.site.each_context(request) | context)
