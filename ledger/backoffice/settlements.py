"""Settlements in the back office: all of them, and the page of one with its journals and its rate."""

from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import urlencode
from unfold.paginator import InfinitePaginator

from ledger.backoffice.fx_format import amount, minute, page_of
from ledger.backoffice.position import position_page
from ledger.backoffice.sheets.sides import sided
from ledger.fx import conversion
from ledger.models import FxSettlement
from ledgersafe.backoffice.pages import Card, Cell, choice_page, display, list_button, object_page
from ledgersafe.setup.pages.frame import SetUpAdmin
from ledgersafe.tenants import staff


@admin.register(FxSettlement)
class FxSettlementAdmin(SetUpAdmin):
    """Settlements, the page of one, and the open position of a tenant."""

    paginator = InfinitePaginator
    list_display = ("number", "day", "given", "taken", "rate_shown", "key_shown", "tenant")
    list_display_links = ("number",)
    list_filter = ("source_currency", "target_currency", "tenant")
    list_select_related = ("tenant", "rate", "from_account", "to_account")
    search_fields = ("idempotency_key",)
    search_help_text = "Idempotency key"
    ordering = ("-id",)
    sortable_by = ()
    actions_list = ("position",)
    empty_text = "Money that goes into an account of another currency is settled by POST /v1/fx/settlements."

    @display(description="Settlement")
    def number(self, row: FxSettlement) -> str:
        return f"#{row.pk}"

    @display(description="Business day")
    def day(self, row: FxSettlement) -> str:
        return str(row.business_date)

    @display(description="From")
    def given(self, row: FxSettlement) -> str:
        return f"{amount(row.amount_minor, row.source_currency)} · {row.from_account.code}"

    @display(description="Into")
    def taken(self, row: FxSettlement) -> str:
        return f"{amount(row.converted_minor, row.target_currency)} · {row.to_account.code}"

    @display(description="Rate")
    def rate_shown(self, row: FxSettlement) -> str:
        return f"{row.rate.pair} {conversion.rate_text(row.rate_value)}"

    @display(description="Key")
    def key_shown(self, row: FxSettlement) -> str:
        return row.idempotency_key

    def has_look_permission(self, request: HttpRequest) -> bool:
        """For the button above the list."""
        return bool(self.has_view_permission(request))

    def show(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return object_page(
            request,
            obj,
            title=f"Settlement #{obj.pk}",
            subtitle=f"{amount(obj.amount_minor, obj.source_currency)} into "
            f"{amount(obj.converted_minor, obj.target_currency)}",
            cards=[_legs(obj), _conversion(obj), _command(obj)],
        )

    @list_button("Clearing position", permission="look", icon="currency_exchange", url="position")
    def position(self, request: HttpRequest) -> HttpResponse:
        """What the clearing accounts hold now, and what it is worth; of several tenants, ask which."""
        tenants = staff.visible_tenants(request.user)
        if slug := request.GET.get("tenant"):
            tenants = tenants.filter(slug=slug.replace("\x00", ""))
        found = list(tenants[:500])
        if not found:
            raise Http404
        if len(found) > 1:
            here = page_of("fxsettlement", "position")
            choices = [(one.slug, one.name, f"{here}?{urlencode({'tenant': one.slug})}") for one in found]
            return choice_page(request, opts=self.opts, title="Clearing position", intro="Whose?", choices=choices)
        return position_page(request, found[0])


def _legs(row: FxSettlement) -> Card:
    legs = (
        ("Out of", row.from_account, row.source_journal_id, -row.amount_minor, row.source_currency),
        ("Into", row.to_account, row.target_journal_id, row.converted_minor, row.target_currency),
    )
    rows = [
        (
            what,
            Cell(account.code, page_of("account", "change", account.pk)),
            sided(minor, currency, named=True),
            Cell(f"#{journal}", page_of("journal", "change", journal)),
        )
        for what, account, journal, minor, currency in legs
    ]
    note = "Each journal sums to zero in its own currency, against the clearing account of that currency."
    return Card("Journals", headers=("", "Account", "Amount", "Journal"), rows=rows, note=note, wide=True)


def _conversion(row: FxSettlement) -> Card:
    rate = Cell(f"{row.rate.pair} {conversion.rate_text(row.rate_value)}", page_of("fxrate", "change", row.rate_id))
    facts = [("Rate", rate), ("Valid from", minute(row.rate.valid_from)), ("As of", minute(row.as_of))]
    how = "Divided by the rate of the opposite pair, rounded once." if row.inverted else "Times the rate, rounded once."
    return Card("Conversion", facts=[*facts, ("How", how)])


def _command(row: FxSettlement) -> Card:
    facts = [
        ("Key", Cell(row.idempotency_key, mono=True)),
        ("Client", Cell(row.client_id, mono=True)),
        ("Asked for by", Cell(row.actor, mono=True)),
        ("Made", minute(row.created_at)),
        ("Business day", str(row.business_date)),
        ("Memo", row.memo or "–"),
        ("Tenant", row.tenant.slug),
    ]
    return Card("Command", facts=facts)
