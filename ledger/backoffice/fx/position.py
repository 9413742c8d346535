"""The open position of a tenant in the back office: balances of the clearing accounts, and their value now."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from ledger.backoffice.fx.formats import amount, minute, page_of
from ledger.backoffice.sheets.sides import sided
from ledger.fx import Unusable, positions
from ledger.fx.positions import Position
from ledger.fx.requests import instant_of
from ledger.models import FxSettlement
from ledger.periods import calendar_of
from ledgersafe.backoffice.pages import Badge, Button, Card, Cell, object_page
from ledgersafe.tenants.models import Tenant


def position_page(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Show the position, valued at the current rates."""
    now, calendar = timezone.now(), calendar_of(tenant.pk)
    day = calendar.day_of(now)
    rows = positions.read(tenant.pk, day, at=instant_of(day, calendar, now=now))
    residual = positions.residual(rows)
    return object_page(
        request,
        tenant,
        title="Clearing position",
        subtitle=f"{tenant.name or tenant.slug} · business day {day}, in {tenant.base_currency}",
        badges=[_state_badge(rows, residual)],
        opts=FxSettlement._meta,  # whose page leads here
        buttons=[Button("Rates", page_of("fxrate", "changelist"), "currency_exchange")],
        cards=[_positions_card(rows), _residual_card(tenant, residual)],
    )


def _state_badge(rows: Sequence[Position], residual: int | None) -> Badge:
    if residual is None:
        return Badge(f"no rate: {', '.join(positions.without_rate(rows))}", "warning")
    return Badge("settled", "success") if not residual else Badge("open", "info")


def _positions_card(rows: Sequence[Position]) -> Card:
    cells = [
        (
            Cell(position.code, mono=True),
            sided(position.balance_minor, position.currency, named=True),
            _rate_cell(position),
            sided(position.value_minor, position.base_currency, named=True)
            if position.value_minor is not None
            else "–",
        )
        for position in rows
    ]
    headers = ("Account", "Balance", "Rate", "Value")
    return Card("Clearing accounts", headers=headers, rows=cells, empty="All clearing accounts are empty.", wide=True)


def _rate_cell(position: Position) -> Cell:
    if isinstance(position.rate, Unusable):
        return Cell("no usable rate", tone="removed", small=position.rate.message)
    if position.rate is None:
        return Cell("–")
    return Cell(f"{position.rate.pair} {position.rate.text}", small=f"from {minute(position.rate.valid_from)}")


def _residual_card(tenant: Tenant, residual: int | None) -> Card:
    note = "The total value is gain or loss that is not booked yet. Closing the day books it."
    if residual is None:
        return Card("Not booked yet", note="Unknown until every currency has a usable rate. " + note)
    label = "Gain" if residual < 0 else "Loss" if residual > 0 else "Gain or loss"
    return Card("Not booked yet", facts=[(label, amount(abs(residual), tenant.base_currency))], note=note)
