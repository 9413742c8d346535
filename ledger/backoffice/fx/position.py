"""The open position of a tenant in the back office: what the clearing accounts hold, and what it is worth now."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ledger.backoffice.fx.formats import amount, minute, page_of
from ledger.backoffice.sheets.sides import sided
from ledger.fx import positions
from ledger.fx.conversion import Unusable
from ledger.fx.positions import Position
from ledger.fx.requests import instant_of
from ledger.models import FxSettlement
from ledger.periods import calendar_memory
from ledgersafe.backoffice.pages import Badge, Button, Card, Cell, object_page
from ledgersafe.tenants.models import Tenant


def position_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Valued at the rates that hold now."""
    now, calendar = timezone.now(), calendar_memory.of(tenant.pk)
    day = calendar.day_of(now)
    found = positions.read(tenant.pk, day, at=instant_of(day, calendar, now=now))
    residual = positions.residual(found)
    return object_page(
        request,
        tenant,
        title="Clearing position",
        subtitle=f"{tenant.name or tenant.slug} · business day {day}, in {tenant.base_currency}",
        badges=[_verdict(found, residual)],
        opts=FxSettlement._meta,  # whose page leads here
        buttons=[Button("Rates", page_of("fxrate", "changelist"), "currency_exchange")],
        cards=[_positions_card(found), _residual_card(tenant, residual)],
    )


def _verdict(found: Sequence[Position], residual: int | None) -> Badge:
    if residual is None:
        return Badge(f"no rate: {', '.join(positions.without_rate(found))}", "warning")
    return Badge("settled", "success") if not residual else Badge("open", "info")


def _positions_card(found: Sequence[Position]) -> Card:
    rows = [
        (
            Cell(one.code, mono=True),
            sided(one.balance_minor, one.currency, named=True),
            _valued_by(one),
            sided(one.value_minor, one.base_currency, named=True) if one.value_minor is not None else "–",
        )
        for one in found
    ]
    headers = ("Account", "Balance", "Rate", "Worth")
    return Card("Clearing accounts", headers=headers, rows=rows, empty="All clearing accounts are empty.", wide=True)


def _valued_by(one: Position) -> Cell:
    if isinstance(one.rate, Unusable):
        return Cell("none that can be used", tone="removed", small=one.rate.message)
    if one.rate is None:
        return Cell("–")
    return Cell(f"{one.rate.pair} {one.rate.text}", small=f"from {minute(one.rate.valid_from)}")


def _residual_card(tenant: Tenant, residual: int | None) -> Card:
    note = "What all of them are worth together is gain or loss not booked yet; closing the day books it."
    if residual is None:
        return Card(
            "Not booked yet", note="It cannot be told before every currency has a rate that can be used. " + note
        )
    what = "Gain" if residual < 0 else "Loss" if residual > 0 else "Gain or loss"
    return Card("Not booked yet", facts=[(what, amount(abs(residual), tenant.base_currency))], note=note)
