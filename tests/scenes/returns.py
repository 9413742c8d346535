"""Events about other events, and what they leave in the books: shared by the tests of returns."""

from typing import Any

from tests.conftest import Shop

NOTHING: dict[str, Any] = dict.fromkeys(("total_amount", "line_items", "tenders", "tax_lines"))
#: The books after the ordinary sale of `Shop.sale`.
SOLD = {
    "DRAWER:store-1/till-1:USD": 2000, "CARD-CLEARING:stripe:USD": 2250, "SALES:USD": -3850,
    "SALES-TAX:VAT/0.2:USD": -400,
}  # fmt: skip


def about(shop: Shop, kind: str, event_id: str, original: str = "sold", **fields: Any) -> dict[str, Any]:
    """An event about another one, with nothing but what is said here."""
    named = {"event_type": kind, "references": {"original_event_id": original}}
    return shop.sale(event_id, **(NOTHING | named | fields))


def balances(shop: Shop) -> dict[str, int]:
    """What stands on each account that is not empty."""
    rows = shop.rows(
        """SELECT a.code, sum(p.amount_minor) FROM postings p JOIN accounts a ON a.id = p.account_id
        WHERE p.tenant_id = %s GROUP BY 1 HAVING sum(p.amount_minor) <> 0"""
    )
    return {code: int(amount) for code, amount in rows}


def journals(shop: Shop) -> list[tuple[Any, ...]]:
    """Every journal as (kind, day, lines by account): what the books say, whatever order it was written in."""
    return shop.rows(
        """SELECT j.kind, j.source_key, j.business_date, array_agg(a.code || ' ' || p.amount_minor ORDER BY p.line_no)
        FROM journals j JOIN postings p ON p.journal_id = j.id JOIN accounts a ON a.id = p.account_id
        WHERE j.tenant_id = %s GROUP BY j.id ORDER BY 1, 2, 4"""
    )


def figures(shop: Shop) -> tuple[Any, ...]:
    """Sales, returns, gross, given back, discounts, tax, tips, total, cash and card of all headers."""
    return shop.rows(
        """SELECT sum(sales_count), sum(returns_count), sum(gross_minor), sum(returns_minor), sum(discounts_minor),
        sum(tax_minor), sum(tips_minor), sum(total_minor), sum(cash_minor), sum(card_minor)
        FROM sales WHERE tenant_id = %s"""
    )[0]
