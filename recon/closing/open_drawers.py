"""Drawers that stand against the close of a day: opened before its end, and not closed yet."""

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
    """One of them: whose it is, since when, and what should be in it."""

    id: int
    register: str
    status: DrawerStatus
    opened_at: datetime
    expected: Money


def open_drawers(tenant_id: int, clocks: Clocks, day: date) -> list[OpenDrawer]:
    """Drawers opened before a day was over in their store that are not closed, oldest first.

    Two statements for any number: a register has one of them at most.
    """
    rows = queries.unclosed(tenant_id).filter(opened_at__lt=clocks.last_end(day).at)
    opened = rows.select_related("register__store").order_by("opened_at", "pk")
    found = [row for row in opened if row.opened_at < clocks.end(day, row.register.store.code)]
    expected = queries.expected_in(found) if found else {}
    return [
        OpenDrawer(
            row.pk,
            f"{row.register.store.code}/{row.register.code}",
            DrawerStatus(row.status),
            row.opened_at,
            Money(expected[row.pk], row.currency),
        )
        for row in found
    ]


def cash_in(drawers: Sequence[OpenDrawer]) -> list[Money]:
    """What should be in them together, per currency. Pure."""
    sums = Counter[str]()
    for drawer in drawers:
        sums[drawer.expected.currency] += drawer.expected.minor
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]
