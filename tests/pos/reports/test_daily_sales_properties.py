"""Whatever is posted, and whenever it is rolled up: a report is what the journals come to."""

from dataclasses import asdict
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.reports import daily_sales, read_layers, roll_up_sales
from tests.books import assert_books_clean
from tests.conftest import Shop, open_shop
from tests.scenes.returns import about

DAYS = (date(2026, 2, 20), date(2026, 2, 28))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["SALE", "SALE", "RETURN", "VOID", "CORRECTION", "TIP_ADJUST", "roll up"]),
        st.integers(0, 3),
        st.sampled_from(["2026-02-24T12:00:00Z", "2026-02-25T12:00:00Z"]),
    ),
    max_size=14,
)
ROWS = """
SELECT count(*), coalesce(sum(sales_count), 0), coalesce(sum(returns_count), 0), coalesce(sum(items), 0),
       coalesce(sum(gross_minor), 0), coalesce(sum(returns_minor), 0), coalesce(sum(tax_minor), 0),
       coalesce(sum(total_minor), 0), coalesce(sum(card_minor), 0), coalesce(sum(cash_minor), 0)
FROM sales WHERE tenant_id = %s
"""


def play(shop: Shop, steps: list[tuple[str, int, str]]) -> None:
    """Send what the steps say; what cannot be is held, and posts nothing."""
    for number, (kind, which, at) in enumerate(steps):
        original, how = f"sale-{which}", {"occurred_at": at, "store_id": f"store-{which}"}
        if kind == "roll up":
            roll_up_sales(tenant_id=shop.tenant.id)
        elif kind == "SALE":
            shop.send(shop.sale(original, **how))
        elif kind == "RETURN":
            line = {"sku": "B", "qty": 1, "amount": 8.5}
            shop.send(about(shop, kind, f"e-{number}", original, line_items=[line], method="cash", **how))
        elif kind == "TIP_ADJUST":
            shop.send(about(shop, kind, f"e-{number}", original, total_amount=2, **how))
        elif kind == "CORRECTION":
            tender = {"method": "CASH", "amount": 30}
            lines = [{"sku": "A", "amount": 30}]
            right = about(shop, kind, f"e-{number}", original, total_amount=30, line_items=lines, **how)
            shop.send(right | {"tenders": [tender]})
        else:
            shop.send(about(shop, kind, f"e-{number}", original, **how))


@pytest.mark.usefixtures("books")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_a_report_is_what_the_headers_come_to(steps: list[tuple[str, int, str]]) -> None:
    shop = open_shop()
    play(shop, steps)
    before = daily_sales.daily_sales({shop.tenant.id: DAYS})
    roll_up_sales(tenant_id=shop.tenant.id)
    assert daily_sales.daily_sales({shop.tenant.id: DAYS}) == before
    sums = asdict(daily_sales.totals(before).get("USD", daily_sales.SalesFigures()))
    names = ("facts_count", "baskets_count", "returns_count", "items_count", "gross_minor", "returns_minor")
    names += ("tax_minor", "total_minor", "card_minor")  # type: ignore[assignment]
    (row,) = shop.rows(ROWS)
    assert [sums[name] for name in names] + [sums["cash_minor"] + sums["moved_cash_minor"]] == list(row)
    for day in (date(2026, 2, 24), date(2026, 2, 25)):
        assert read_layers(shop.tenant.id, day).differences == []
    assert_books_clean(shop.tenant.id)
