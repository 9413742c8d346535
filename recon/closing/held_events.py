"""Count and keep held events by business day, by the clock of the store they came from.

A case belongs to the day its event happened on. When that instant is unknown or in the future, or its day is closed
(the event would post into an open day), the case belongs to the day it was opened in.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from ledger.calendar import Clocks
from ledgersafe.postgres.db import as_jsonb, require_transaction
from ledgersafe.values.money import is_currency
from ledgersafe.values.money_text import Money

#: `least` ignores nulls. A case of the span was opened in it or later, so that `first` bounds a range of the index.
_CASES: Final = """
FROM exceptions e
LEFT JOIN events_raw r ON r.id = e.raw_id AND r.tenant_id = e.tenant_id
LEFT JOIN jsonb_to_recordset(%(stores)s::jsonb)
    AS z(store text, starts timestamptz, ends timestamptz, open_since timestamptz) ON z.store = e.store_code
CROSS JOIN LATERAL (
    SELECT CASE WHEN z.store IS NULL THEN %(start)s ELSE z.starts END AS starts,
           CASE WHEN z.store IS NULL THEN %(end)s ELSE z.ends END AS ends,
           CASE WHEN z.store IS NULL THEN %(open_since)s ELSE z.open_since END AS open_since) day
CROSS JOIN LATERAL (SELECT least(coalesce(r.corrected_at, r.occurred_at), e.created_at) AS at) happened
CROSS JOIN LATERAL (
    SELECT CASE WHEN happened.at < day.open_since THEN e.created_at ELSE happened.at END AS at) belongs
WHERE e.tenant_id = %(tenant)s AND e.created_at >= coalesce(%(first)s, '-infinity'::timestamptz)
  AND belongs.at >= coalesce(day.starts, '-infinity'::timestamptz) AND belongs.at < day.ends
"""
#: Open cases; arrivals are counted for keys of which no version is in the books.
_OPEN: Final = f"""
SELECT d.reason_code, d.currency, count(*), coalesce(sum(d.risk), 0)::bigint,
       coalesce(sum(k.arrivals) FILTER (WHERE k.status = 'quarantined'), 0)::bigint
FROM (SELECT e.tenant_id, e.idempotency_key, e.reason_code, e.currency, e.amount_at_risk_minor AS risk
      {_CASES} AND e.status = 'open') d
LEFT JOIN events_processed k ON k.tenant_id = d.tenant_id AND k.idempotency_key = d.idempotency_key
GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  our own text
_FREEZE: Final = f"""
INSERT INTO day_close_exceptions (tenant_id, close_id, case_id, idempotency_key, store_code, reason_code, status,
    amount_at_risk_minor, currency, created_at, resolved_at, resolution_action, resolution_actor)
SELECT e.tenant_id, %(close)s, e.id, e.idempotency_key, e.store_code, e.reason_code, e.status,
       e.amount_at_risk_minor, e.currency, e.created_at, e.resolved_at, e.resolution_action, e.resolution_actor
{_CASES}
"""


@dataclass(frozen=True, slots=True)
class HeldFigures:
    """Open cases of a span by reason code, money at risk per currency, and arrivals that are not posted."""

    open: int
    undecided_arrivals: int
    by_reason: dict[str, int]
    at_risk: list[Money]


@dataclass(frozen=True, slots=True)
class HeldSpan:
    """The half-open span [start, end) of a business day, by the tenant's clock and by that of other stores.

    :ivar start: None: from the beginning of time. :ivar open_since: the end of the last closed day; None: none is.
    :ivar stores: the same instants of every store in another time zone (`Clocks.ends`), as ISO texts.
    """

    tenant_id: int
    start: datetime | None
    end: datetime
    open_since: datetime | None
    stores: Sequence[dict[str, Any]] = ()

    @classmethod
    def of(
        cls, tenant_id: int, clocks: Clocks, day: date, *, after: date | None, closed_through: date | None
    ) -> "HeldSpan":
        """The span from the end of the day `after`, or from the beginning of time, to the end of `day`."""
        start = clocks.end(after) if after else None
        open_since = clocks.end(closed_through) if closed_through else None
        stores = clocks.ends(starts=after, ends=day, open_since=closed_through)
        return cls(tenant_id, start, clocks.end(day), open_since, stores)

    def values(self) -> dict[str, Any]:
        """Parameters of the statements; `first` is the earliest start of all clocks."""
        starts = [datetime.fromisoformat(store["starts"]) for store in self.stores if store["starts"]]
        return {
            "tenant": self.tenant_id,
            "start": self.start,
            "end": self.end,
            "open_since": self.open_since,
            "first": min([self.start, *starts]) if self.start else None,
            "stores": as_jsonb(list(self.stores)),
        }


def open_figures(span: HeldSpan) -> HeldFigures:
    """Figures of the open cases of a span. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_typed(_OPEN), span.values())
        rows = cursor.fetchall()
    reasons, risks = Counter[str](), Counter[str]()
    for reason, currency, number, risk, _ in rows:
        reasons[reason] += number
        risks[currency] += risk
    return HeldFigures(
        open=reasons.total(),
        undecided_arrivals=int(sum(row[4] for row in rows)),
        by_reason=dict(reasons),
        at_risk=[
            Money(minor, currency) for currency, minor in sorted(risks.items()) if minor and is_currency(currency)
        ],
    )


def freeze(close_id: int, span: HeldSpan) -> None:
    """Copy the cases of a span, as they stand now, to the record of a close; operation, one statement."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_typed(_FREEZE), span.values() | {"close": close_id})


def _typed(sql: str) -> str:
    """Cast parameters that may be null: Postgres cannot infer the type of a bare null."""
    for name in ("start", "end", "open_since", "first"):
        sql = sql.replace(f"%({name})s", f"%({name})s::timestamptz")
    return sql
