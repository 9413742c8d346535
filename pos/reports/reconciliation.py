"""Reconcile one business day: arrivals (bronze), headers (silver), report (gold) and books.

All layers are read in one snapshot, so that postings during the query cannot make equal layers look different.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

from django.db import connection

from ledger.calendar import span_of
from ledger.models import Period
from ledgersafe.postgres.db import read_only_snapshot
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import InvalidParameter
from pos.reports.daily_sales import SUMS, DaySales, SalesFigures, daily_sales, totals
from pos.reports.dashboard import id_after, id_before

#: Arrivals received during the day, and the business days their journals were posted to.
_BRONZE: Final = """
SELECT coalesce(o.result, 'received'), count(*), count(DISTINCT r.event_id),
       count(o.journal_id) FILTER (WHERE o.result = 'processed'), count(s.journal_id),
       count(s.journal_id) FILTER (WHERE s.business_date = %(day)s)
FROM events_raw r
JOIN event_outcomes o ON o.raw_event_id = r.id
LEFT JOIN sales s ON s.tenant_id = r.tenant_id AND s.journal_id = o.journal_id AND o.result = 'processed'
WHERE r.tenant_id = %(tenant)s AND r.id > %(after)s AND r.id <= %(through)s
  AND r.received_at >= %(start)s AND r.received_at < %(end)s
GROUP BY GROUPING SETS ((o.result), ())
"""

_SILVER: Final = f"""
SELECT tenant_id, business_date, store_code, currency, {", ".join(SUMS)}
FROM pos_facts_by_day_v1(%(tenant)s, ARRAY[%(day)s::date], NULL, '0', '18446744073709551615')
ORDER BY 3, 4
"""  # noqa: S608  names of ours

#: Postings of the day's journals that events caused. As in headers, cash movements count by their cash alone, and
#: tenders in foreign currencies are left out.
_LEDGER: Final = """
SELECT p.currency, a.role, coalesce(sum(p.amount_minor), 0)::bigint, count(DISTINCT p.journal_id),
       count(DISTINCT s.journal_id)
FROM accounts a
JOIN postings p ON p.tenant_id = a.tenant_id AND p.account_id = a.id AND p.business_date = %(day)s
JOIN journals j ON j.id = p.journal_id AND j.source IN ('event', 'correction')
LEFT JOIN sales s ON s.tenant_id = p.tenant_id AND s.journal_id = p.journal_id
WHERE a.tenant_id = %(tenant)s AND p.currency = coalesce(s.currency, p.currency)
  AND (s.journal_id IS NULL OR a.role = 'DRAWER'
       OR s.sales_count <> 0 OR s.returns_count <> 0 OR s.total_minor <> 0)
GROUP BY GROUPING SETS ((p.currency, a.role), ())
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Line:
    """A figure compared between headers and books: account roles, their sign, and the figure of the headers."""

    name: str
    roles: tuple[str, ...]
    sign: int
    silver: Callable[[SalesFigures], int]


LINES: Final = (
    Line("gross_sales", ("SALES",), -1, lambda sums: sums.gross_minor),
    Line("returns", ("RETURNS",), 1, lambda sums: sums.returns_minor),
    Line("discounts", ("DISCOUNTS", "COMPS"), 1, lambda sums: sums.discounts_minor),
    Line("tax", ("SALES_TAX",), -1, lambda sums: sums.tax_minor),
    Line("tips", ("TIPS_PAYABLE",), -1, lambda sums: sums.tips_minor),
    Line("service_charges", ("SERVICE_CHARGES",), -1, lambda sums: sums.service_minor),
    # Sold and paid with on the same accounts, so only the difference is comparable.
    Line(
        "liabilities",
        ("GIFT_CARDS", "STORE_CREDIT", "CUSTOMER_DEPOSITS"),
        -1,
        lambda sums: sums.liabilities_minor - sums.gift_card_minor - sums.store_credit_minor,
    ),
    Line("cash", ("DRAWER",), 1, lambda sums: sums.cash_minor + sums.moved_cash_minor),
    Line("card", ("CARD_CLEARING",), 1, lambda sums: sums.card_minor),
    Line("external", ("EXTERNAL_CLEARING",), 1, lambda sums: sums.external_minor),
    Line("house_accounts", ("HOUSE_ACCOUNTS",), 1, lambda sums: sums.house_account_minor),
)


@dataclass(frozen=True, slots=True)
class Bronze:
    """Counts of arrivals received in [starts_at, ends_at), by result, and of the journals they posted."""

    starts_at: datetime
    ends_at: datetime
    received: int = 0
    events: int = 0
    by_result: Mapping[str, int] = field(default_factory=dict)
    journals: int = 0
    headers: int = 0
    headers_of_the_day: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """Journals of the day that events caused, those with a header, and minor units by (currency, account role)."""

    journals: int
    headers: int
    by_role: Mapping[tuple[str, str], int]

    def amount(self, currency: str, line: Line) -> int:
        """Return a figure in minor units, signed as the headers sign it."""
        return line.sign * sum(self.by_role.get((currency, role), 0) for role in line.roles)


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that differs between two layers. Minor units, or a number of rows if `currency` is empty."""

    between: tuple[str, str]
    figure: str
    left: int
    right: int
    currency: str = ""
    store_code: str = ""


@dataclass(frozen=True, slots=True)
class Layers:
    """A business day in all layers."""

    day: date
    bronze: Bronze
    silver: list[DaySales]
    gold: list[DaySales]
    books: Books

    @property
    def differences(self) -> list[Difference]:
        """The figures that differ; any of them means that something is broken and a person must look."""
        return [*self._in_bronze(), *self._in_gold(), *self._in_books()]

    @property
    def currencies(self) -> list[str]:
        """The currencies of all layers, sorted."""
        return sorted({*totals(self.silver), *totals(self.gold), *(currency for currency, _ in self.books.by_role)})

    def _in_bronze(self) -> list[Difference]:
        difference = Difference(("bronze", "silver"), "journals", self.bronze.journals, self.bronze.headers)
        return [difference] if difference.left != difference.right else []

    def _in_gold(self) -> list[Difference]:
        silver, gold = ({(row.store_code, row.currency): row.sums for row in rows} for rows in (self.silver, self.gold))
        return [
            Difference(("silver", "gold"), name, left, right, place[1], place[0])
            for place in sorted({*silver, *gold})
            for name in SUMS
            if (left := getattr(silver.get(place, SalesFigures()), name))
            != (right := getattr(gold.get(place, SalesFigures()), name))
        ]

    def _in_books(self) -> list[Difference]:
        silver = totals(self.silver)
        headers = sum(row.sums.facts_count for row in self.silver)
        compared = [Difference(("silver", "ledger"), "journals", headers, self.books.journals)]
        compared += [
            Difference(
                ("silver", "ledger"),
                line.name,
                line.silver(silver.get(currency, SalesFigures())),
                self.books.amount(currency, line),
                currency,
            )
            for currency in self.currencies
            for line in LINES
        ]
        return [difference for difference in compared if difference.left != difference.right]


def read_layers(tenant_id: int, day: date) -> Layers:
    """Read all layers of a business day in one snapshot: a fixed number of statements, each an index range.

    :raises InvalidParameter: the day is in the first or last year of the calendar.
    """
    if not date.min.year < day.year < date.max.year:
        raise InvalidParameter("date lies at an end of the calendar, where days have no neighbours.")
    with read_only_snapshot():
        gold = daily_sales({tenant_id: (day, day)})
        return Layers(day, _bronze(tenant_id, day), _silver(tenant_id, day), gold, _books(tenant_id, day))


def _bronze(tenant_id: int, day: date) -> Bronze:
    start, end = _span(tenant_id, day)
    values = {"tenant": tenant_id, "day": day, "start": start, "end": end}
    values |= {"after": id_before(tenant_id, start), "through": id_after(tenant_id, end)}
    rows = {row[0]: row[1:] for row in _rows(_BRONZE, values)}
    received, *rest = rows.pop("received")
    return Bronze(start, end, received, rest[0], {result: row[0] for result, row in rows.items()}, *rest[1:])


def _span(tenant_id: int, day: date) -> tuple[datetime, datetime]:
    """Return the instants the day was opened with; a day never opened has the tenant's current settings."""
    opened = Period.objects.filter(tenant_id=tenant_id, business_date=day).values_list("starts_at", "ends_at").first()
    if opened is not None:
        return opened
    tenant = Tenant.objects.only("time_zone", "cut_off_hour", "cut_off_minute").get(pk=tenant_id)
    return span_of(day, time_zone=tenant.time_zone, cut_off=time(tenant.cut_off_hour, tenant.cut_off_minute))


def _silver(tenant_id: int, day: date) -> list[DaySales]:
    return [DaySales.read(row) for row in _rows(_SILVER, {"tenant": tenant_id, "day": day})]


def _books(tenant_id: int, day: date) -> Books:
    rows = _rows(_LEDGER, {"tenant": tenant_id, "day": day})
    ((journals, headers),) = [row[3:] for row in rows if row[0] is None]
    return Books(journals, headers, {(row[0], row[1]): row[2] for row in rows if row[0] is not None})


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
