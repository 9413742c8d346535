"""List drawers that block the close of a day: opened before its end, and not closed yet."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from ledger.calendar import Clocks
from ledger.drawers import queries
from ledger.models import DrawerStatus
from ledgersafe.values.money_text import Money


@dataclass(frozen=True, slots=True)
class OpenDrawer:
    """A drawer that is not closed. `register` is store/register; `expected` the cash that should be in it."""

    id: int
    register: str
    status: DrawerStatus
    opened_at: datetime
    expected: Money


def open_drawers(tenant_id: int, clocks: Clocks, day: date) -> list[OpenDrawer]:
    """List unclosed drawers that were opened before the day ended in their store, oldest first. Two statements."""
    rows = queries.unclosed(tenant_id).filter(opened_at__lt=clocks.last_end(day).at)
    candidates = rows.select_related("register__store").order_by("opened_at", "pk")
    drawers = [row for row in candidates if row.opened_at < clocks.end(day, row.register.store.code)]
    expected = queries.expected_in(drawers) if drawers else {}
    return [
        OpenDrawer(
            row.pk,
            f"{row.register.store.code}/{row.register.code}",
            DrawerStatus(row.status),
            row.opened_at,
            Money(expected[row.pk], row.currency),
        )
        for row in drawers
    ]


def cash_in(drawers: Sequence[OpenDrawer]) -> list[Money]:
    """Sum the expected cash per currency. Pure."""
    sums = Counter[str]()
    for drawer in drawers:
        sums[drawer.expected.currency] += drawer.expected.minor
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]
