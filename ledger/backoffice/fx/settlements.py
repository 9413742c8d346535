"""Settlements in the back office: the list, the page of one, and the way to the open position."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import urlencode
from unfold.paginator import InfinitePaginator

from ledger.backoffice.fx.formats import amount, page_of
from ledger.backoffice.fx.position import position_page
from ledger.backoffice.fx.settlement_cards import command_card, conversion_card, legs_card
from ledger.fx import conversion
from ledger.models import FxSettlement
from ledgersafe.backoffice.pages import choice_page, display, list_button, object_page
from ledgersafe.setup.pages.frame import SetUpAdmin
from ledgersafe.tenants import staff


@admin.register(FxSettlement)
class FxSettlementAdmin(SetUpAdmin):
    """Settlements; the page of one shows its journals and its rate. A button leads to the open position."""

    paginator = InfinitePaginator
    list_display = ("number", "day", "source", "target", "rate_text", "key", "tenant")
    list_display_links = ("number",)
    list_filter = ("source_currency", "target_currency", "tenant")
    list_select_related = ("tenant", "rate", "from_account", "to_account")
    search_fields = ("idempotency_key",)
    search_help_text = "Idempotency key"
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ("position",)
    empty_text = "Settlements between accounts of two currencies are created with POST /v1/fx/settlements."

    @display(description="Settlement")
    def number(self, row: FxSettlement) -> str:
        return f"#{row.pk}"

    @display(description="Business day")
    def day(self, row: FxSettlement) -> str:
        return str(row.business_date)

    @display(description="From")
    def source(self, row: FxSettlement) -> str:
        return f"{amount(row.amount_minor, row.source_currency)} · {row.from_account.code}"

    @display(description="To")
    def target(self, row: FxSettlement) -> str:
        return f"{amount(row.converted_minor, row.target_currency)} · {row.to_account.code}"

    @display(description="Rate")
    def rate_text(self, row: FxSettlement) -> str:
        return f"{row.rate.pair} {conversion.rate_text(row.rate_value)}"

    @display(description="Key")
    def key(self, row: FxSettlement) -> str:
        return row.idempotency_key

    def has_look_permission(self, request: HttpRequest) -> bool:
        """Show the button above the list to people who may view settlements."""
        return bool(self.has_view_permission(request))

    def show(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return object_page(
            request,
            obj,
            title=f"Settlement #{obj.pk}",
            subtitle=f"{amount(obj.amount_minor, obj.source_currency)} to "
            f"{amount(obj.converted_minor, obj.target_currency)}",
            cards=[legs_card(obj), conversion_card(obj), command_card(obj)],
        )

    @list_button("Clearing position", permission="look", icon="currency_exchange", url="position")
    def position(self, request: HttpRequest) -> HttpResponse:
        """Show the open position; a person of several tenants chooses one first."""
        tenants = staff.visible_tenants(request.user)
        if slug := request.GET.get("tenant"):
            tenants = tenants.filter(slug=slug.replace("\x00", ""))
        rows = list(tenants[:500])
        if not rows:
            raise Http404
        if len(rows) > 1:
            here = page_of("fxsettlement", "position")
            choices = [(tenant.slug, tenant.name, f"{here}?{urlencode({'tenant': tenant.slug})}") for tenant in rows]
            return choice_page(
                request, opts=self.opts, title="Clearing position", intro="Choose a company.", choices=choices
            )
        return position_page(request, rows[0])
