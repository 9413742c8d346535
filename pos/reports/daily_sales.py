"""Report sales by store and business day (gold): one statement per report, exact at the moment of the query.

A report is the roll-up plus the headers written since (`pos_daily_sales_v1`). docs/kpis.md defines each figure; sums
are computed by the SQL function `pos_facts_by_day_v1`, rates and averages here.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django.db import connection

from ledgersafe.tenants.principals import Principal

_RATE_STEP: Final = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class SalesFigures:
    """Sums over headers: counts, and amounts in minor units of one currency, in column order of `daily_sales`."""

    facts_count: int = 0
    baskets_count: int = 0
    rung_count: int = 0
    returns_count: int = 0
    voids_count: int = 0
    corrections_count: int = 0
    items_count: int = 0
    gross_minor: int = 0
    returns_minor: int = 0
    discounts_minor: int = 0
    tax_minor: int = 0
    tips_minor: int = 0
    service_minor: int = 0
    liabilities_minor: int = 0
    total_minor: int = 0
    cash_minor: int = 0
    card_minor: int = 0
    external_minor: int = 0
    gift_card_minor: int = 0
    store_credit_minor: int = 0
    house_account_minor: int = 0
    moved_cash_minor: int = 0

    def __add__(self, other: "SalesFigures") -> "SalesFigures":
        return SalesFigures(*(getattr(self, name) + getattr(other, name) for name in SUMS))

    @property
    def net_minor(self) -> int:
        """Gross sales less returns and discounts, without tax, tips and service charges."""
        return self.gross_minor - self.returns_minor - self.discounts_minor

    @property
    def average_basket_minor(self) -> int | None:
        """Net sales per basket, rounded half up to a minor unit; None without baskets."""
        return None if self.baskets_count <= 0 else _rounded(self.net_minor, self.baskets_count, Decimal(1))

    @property
    def return_rate(self) -> Decimal | None:
        """Returns divided by gross sales; None without gross sales."""
        return None if self.gross_minor <= 0 else _rate(self.returns_minor, self.gross_minor)

    @property
    def correction_rate(self) -> Decimal | None:
        """Voids and corrections per 100 sales rung up; None without sales."""
        changed = 100 * (self.voids_count + self.corrections_count)
        return None if self.rung_count <= 0 else _rate(changed, self.rung_count)


SUMS: Final = tuple(field.name for field in fields(SalesFigures))
#: Tender methods of the contract, and the figure that sums each.
TENDERS: Final = {
    "CASH": "cash_minor",
    "CARD": "card_minor",
    "EXTERNAL": "external_minor",
    "GIFT_CARD": "gift_card_minor",
    "STORE_CREDIT": "store_credit_minor",
    "HOUSE_ACCOUNT": "house_account_minor",
}


@dataclass(frozen=True, slots=True)
class DaySales:
    """The figures of one store, business day and currency."""

    tenant_id: int
    day: date
    store_code: str
    currency: str
    sums: SalesFigures

    @classmethod
    def read(cls, row: Sequence[Any]) -> "DaySales":
        """Build from a row with the columns of `daily_sales` in order."""
        tenant_id, day, store_code, currency, *sums = row
        return cls(tenant_id, day, store_code, currency, SalesFigures(*sums))


_REPORT: Final = f"""
SELECT r.tenant_id, r.business_date, r.store_code, r.currency, {", ".join(f"r.{name}" for name in SUMS)}
FROM unnest(%(tenants)s::bigint[], %(first)s::date[], %(last)s::date[]) AS t(id, first, last),
     LATERAL pos_daily_sales_v1(t.id, t.first, t.last, %(store)s) r
ORDER BY 2, 3, 4, 1
"""  # noqa: S608  names of ours


def daily_sales(spans: Mapping[int, tuple[date, date]], store_code: str | None = None) -> list[DaySales]:
    """Report each tenant's span of business days, in order of day, store and currency; one statement.

    :param spans: {tenant id: (first day, last day)}, both included.
    """
    values: dict[str, Any] = {
        "tenants": list(spans),
        "first": [first for first, _ in spans.values()],
        "last": [last for _, last in spans.values()],
        "store": store_code,
    }
    with connection.cursor() as cursor:
        cursor.execute(_REPORT, values)
        return [DaySales.read(row) for row in cursor.fetchall()]


def sales_for(principal: Principal, first: date, last: date, store_code: str | None) -> list[DaySales]:
    """Report what a caller may see: a key bound to a store sees only that store; another is empty, as if absent."""
    if principal.store_code is not None:
        if store_code not in {None, principal.store_code}:
            return []
        store_code = principal.store_code
    return daily_sales({principal.tenant_id: (first, last)}, store_code)


def totals(rows: Iterable[DaySales]) -> dict[str, SalesFigures]:
    """Sum figures by currency; currencies are never added up."""
    by_currency: dict[str, SalesFigures] = {}
    for row in rows:
        by_currency[row.currency] = by_currency.get(row.currency, SalesFigures()) + row.sums
    return dict(sorted(by_currency.items()))


def by_day(rows: Iterable[DaySales]) -> dict[tuple[date, str], SalesFigures]:
    """Sum figures of all stores by day and currency."""
    return _grouped(((row.day, row.currency), row.sums) for row in rows)


def by_store(rows: Iterable[DaySales]) -> dict[tuple[int, str, str], SalesFigures]:
    """Sum figures of all days by tenant, store and currency."""
    return _grouped(((row.tenant_id, row.store_code, row.currency), row.sums) for row in rows)


def _grouped(rows: Iterable[tuple[Any, SalesFigures]]) -> dict[Any, SalesFigures]:
    sums_by_key: dict[Any, SalesFigures] = {}
    for key, sums in rows:
        sums_by_key[key] = sums_by_key.get(key, SalesFigures()) + sums
    return sums_by_key


def _rate(part: int, whole: int) -> Decimal:
    return (Decimal(part) / Decimal(whole)).quantize(_RATE_STEP, ROUND_HALF_UP)


def _rounded(amount: int, parts: int, step: Decimal) -> int:
    """Round half up, away from zero, so that a return is as large as the sale it undoes."""
    return int((Decimal(amount) / Decimal(parts)).quantize(step, ROUND_HALF_UP))


def days_between(first: date, last: date) -> Sequence[date]:
    """List the days of a span, both ends included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def stores_of(rows: Collection[DaySales]) -> list[str]:
    """List the store codes of rows, sorted."""
    return sorted({row.store_code for row in rows})
