"""Report sales by article, and taxes by code and rate: one statement each over a span of business days.

Reports read the projected rows (`pos.sales.projection`). Headers above their day's mark may lack rows:
`bring_up_to_date` projects one batch first, and `pending` counts the headers still without rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

from django.db import connection

from ledgersafe.tenants.principals import Principal
from pos.sales.projection import project_sales

#: Headers above the mark of each day of the span: one range of index `sales_by_day` per day.
_PENDING: Final = """
SELECT count(*) FROM generate_series(%(first)s::timestamp, %(last)s, '1 day') d(day)
LEFT JOIN sale_content_marks m
    ON m.tenant_id = %(tenant)s AND m.business_date = d.day::date AND m.cluster = pos_cluster_v1()
JOIN sales s ON s.tenant_id = %(tenant)s AND s.business_date = d.day::date AND s.xid >= coalesce(m.through_xid, '0')
WHERE %(store)s::text IS NULL OR s.store_code = %(store)s
"""
_OF_SPAN: Final = """
    WHERE x.tenant_id = %(tenant)s AND x.business_date BETWEEN %(first)s AND %(last)s
      AND (%(store)s::text IS NULL OR x.store_code = %(store)s)
"""
#: A void reduces what its original counted in: the void of a sale `sold`, the void of a return `returned`.
_ARTICLES: Final = f"""
WITH grouped AS (
    SELECT x.sku, x.currency,
           coalesce(sum(x.quantity) FILTER (WHERE NOT x.is_return), 0) AS sold_quantity,
           coalesce(sum(x.amount_minor) FILTER (WHERE NOT x.is_return), 0)::bigint AS sold,
           coalesce(-sum(x.quantity) FILTER (WHERE x.is_return), 0) AS returned_quantity,
           coalesce(-sum(x.amount_minor) FILTER (WHERE x.is_return), 0)::bigint AS returned
    FROM sale_lines x {_OF_SPAN} GROUP BY 1, 2
)
SELECT p.pending, f.* FROM ({_PENDING}) p(pending)
LEFT JOIN (SELECT * FROM grouped WHERE (sold_quantity, sold, returned_quantity, returned) <> (0, 0, 0, 0)) f ON true
ORDER BY f.currency, f.sold - f.returned DESC, f.sku
"""  # noqa: S608  names of ours
_TAXES: Final = f"""
WITH grouped AS (
    SELECT x.code, x.rate, x.inclusive, x.currency, sum(x.amount_minor)::bigint AS amount
    FROM sale_taxes x {_OF_SPAN} GROUP BY 1, 2, 3, 4 HAVING sum(x.amount_minor) <> 0
)
SELECT p.pending, f.* FROM ({_PENDING}) p(pending) LEFT JOIN grouped f ON true
ORDER BY f.currency, f.code, f.rate, f.inclusive
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Article:
    """Quantities and amounts of one article in one currency: before discounts and exclusive tax; returns positive."""

    sku: str
    currency: str
    sold_quantity: Decimal
    sold_minor: int
    returned_quantity: Decimal
    returned_minor: int

    @property
    def quantity(self) -> Decimal:
        """Quantity sold less returned."""
        return self.sold_quantity - self.returned_quantity

    @property
    def amount_minor(self) -> int:
        """Amount sold less returned, in minor units."""
        return self.sold_minor - self.returned_minor


@dataclass(frozen=True, slots=True)
class TaxSum:
    """A tax collected, less refunds, in minor units. `inclusive`: contained in the line amounts."""

    code: str
    rate: str
    inclusive: bool
    currency: str
    amount_minor: int


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ArticleReport(Generic[T]):
    """The lines of a report, and the number of headers of its days that are still missing from it."""

    rows: list[T]
    pending: int


def articles(tenant_id: int, first: date, last: date, store_code: str | None = None) -> ArticleReport[Article]:
    """Report by article and currency, highest amount first within a currency."""
    pending, rows = _read(_ARTICLES, tenant_id, first, last, store_code)
    return ArticleReport([Article(*row) for row in rows], pending)


def taxes(tenant_id: int, first: date, last: date, store_code: str | None = None) -> ArticleReport[TaxSum]:
    """Report taxes by code, rate and currency."""
    pending, rows = _read(_TAXES, tenant_id, first, last, store_code)
    return ArticleReport([TaxSum(*row) for row in rows], pending)


def bring_up_to_date(tenant_id: int, first: date, last: date) -> None:
    """Project at most one batch of these days' rows; the background job does the rest."""
    project_sales(tenant_id=tenant_id, days=(first, last), batches=1)


def store_for(principal: Principal, store_code: str | None) -> tuple[bool, str | None]:
    """Return whether the caller may see the report, and the store it is limited to (None: all)."""
    if principal.store_code is None:
        return True, store_code
    return store_code in {None, principal.store_code}, principal.store_code


def _read(
    statement: str, tenant_id: int, first: date, last: date, store_code: str | None
) -> tuple[int, Sequence[Sequence[Any]]]:
    values: dict[str, Any] = {"tenant": tenant_id, "first": first, "last": last, "store": store_code}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    return rows[0][0], [row[1:] for row in rows if row[1] is not None]
