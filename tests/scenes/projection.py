"""What was sold, projected in tests, whose server is shared."""

import time
from typing import Any

from pos.sales import project_sales
from tests.conftest import Shop

Rows = tuple[list[Any], list[Any], list[Any]]


def projected(shop: Shop, number: int, **how: Any) -> int:
    """How many headers were read in the end: transactions of other tests hold the horizon back for a while."""
    done, until = 0, time.monotonic() + 30
    while done < number and time.monotonic() < until:
        done += project_sales(tenant_id=shop.tenant.id, **how) or 0
        time.sleep(0.02)
    return done


def wait_for_the_horizon(shop: Shop) -> None:
    """Wait until every transaction that wrote a header of the shop lies below all that still run on the server."""
    until = time.monotonic() + 30
    while not shop.rows(_BELOW)[0][0]:
        assert time.monotonic() < until, "the horizon stays where it is"
        time.sleep(0.02)


def catch_up(shop: Shop) -> None:
    """Until no header is above the mark of its day."""
    until = time.monotonic() + 30
    while shop.rows(_ABOVE)[0][0]:
        assert time.monotonic() < until, "the horizon stays where it is"
        project_sales(tenant_id=shop.tenant.id)
        time.sleep(0.02)


_BELOW = "SELECT bool_and(xid < pg_snapshot_xmin(pg_current_snapshot())) FROM sales WHERE tenant_id = %s"
_ABOVE = """
SELECT count(*) FROM sales s LEFT JOIN sale_content_marks m USING (tenant_id, business_date)
WHERE s.tenant_id = %s AND (m.through_xid IS NULL OR s.xid >= m.through_xid)
"""


def rows_of(shop: Shop, event_key: str) -> list[Rows]:
    """Of each journal of an event: its lines, tenders and taxes, in their order."""
    journals = shop.rows("SELECT journal_id FROM sales WHERE tenant_id = %s AND event_key = %s ORDER BY 1", event_key)
    return [
        (
            _rows(shop, "sale_lines", "sku, trunc(quantity)::int, amount_minor, is_return", journal),
            _rows(shop, "sale_tenders", "method, processor, currency, amount_minor", journal),
            _rows(shop, "sale_taxes", "code, rate, inclusive, amount_minor", journal),
        )
        for (journal,) in journals
    ]


def everything(shop: Shop) -> list[tuple[Any, ...]]:
    """All rows of a shop without the numbers of journals, in an order of their own."""
    return [
        row
        for table, columns in (
            ("sale_lines", "x.line_no, x.sku, x.category, x.line_id, x.quantity::text, x.is_return"),
            ("sale_tenders", "x.line_no, x.method, x.processor"),
            ("sale_taxes", "x.line_no, x.code, x.rate, x.inclusive"),
        )
        for row in shop.rows(
            f"""SELECT s.event_key, s.sign, s.total_minor, x.currency, x.amount_minor, x.business_date, {columns}
            FROM {table} x JOIN sales s USING (journal_id) WHERE x.tenant_id = %s ORDER BY 1, 2, 3, 7, 5"""
        )
    ]


def _rows(shop: Shop, table: str, columns: str, journal: int) -> list[tuple[Any, ...]]:
    return shop.rows(
        f"SELECT {columns} FROM {table} WHERE tenant_id = %s AND journal_id = %s ORDER BY line_no", journal
    )
