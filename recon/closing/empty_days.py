"""Days without sales between two business days: closed with the later one, any number in one statement.

They have no books of their own: the later day's close keeps balances, chart and held events for them too.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db import connection

from ledgersafe.postgres.db import require_transaction
from recon.models import DayClose

_COVER: Final = """
INSERT INTO day_closes (tenant_id, period_id, business_date, layout, actor, forced, notes, accounts, open_exceptions,
    covered_by_id)
SELECT d.tenant_id, d.id, d.business_date, c.layout, c.actor, false, c.notes, 0, 0, c.id
FROM day_closes c JOIN periods d ON d.tenant_id = c.tenant_id AND d.business_date BETWEEN %(first)s AND %(last)s
WHERE c.id = %(close)s ORDER BY d.business_date
"""


@dataclass(frozen=True, slots=True)
class EmptyDays:
    """The days between two business days, both exclusive. Kept as bounds: a list of decades is made on request only."""

    after: date
    before: date

    def __len__(self) -> int:
        return max(0, (self.before - self.after).days - 1)

    @property
    def first(self) -> date:
        return self.after + timedelta(days=1)

    @property
    def last(self) -> date:
        return self.before - timedelta(days=1)

    def dates(self, at_most: int | None = None) -> list[date]:
        """The days, oldest first. :param at_most: stop after so many."""
        number = len(self) if at_most is None else min(len(self), at_most)
        return [self.after + timedelta(days=1 + days) for days in range(number)]


def cover(close: DayClose, days: EmptyDays) -> None:
    """Record that a close covers these days; operation, one statement for any number."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_COVER, {"close": close.pk, "first": days.first, "last": days.last})


def as_trail(days: EmptyDays, number: int) -> dict[str, Any]:
    """The part of the close's audit entry about these days; empty for none. :param number: how many were closed."""
    span = {"from": str(days.first), "through": str(days.last), "days": number}
    return {"empty_days": span} if number else {}
