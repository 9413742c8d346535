"""Daily sales: each figure, and that the roll-up changes none of them."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from pos import (
    tasks,
)
from pos.reports import SalesFigures, daily_sales, roll_up_sales
from tests.conftest import Shop
from tests.scenes.returns import NOTHING, about
from tests.scenes.roll_up import rolled_up

DAY = date(2026, 2, 25)


def sums(shop: Shop, store: str | None = "store-1", day: date = DAY, currency: str = "USD") -> SalesFigures:
    """A store's figures of a day; all zero when there are none."""
    rows = daily_sales.daily_sales({shop.tenant.id: (day, day)}, store)
    return daily_sales.totals(rows).get(currency, SalesFigures())


def figures(shop: Shop, **how: Any) -> dict[str, int]:
    """Those that are not zero."""
    return {name: value for name, value in asdict(sums(shop, **how)).items() if value}


SOLD = {
    "facts_count": 1, "baskets_count": 1, "rung_count": 1, "items_count": 2, "gross_minor": 3850, "tax_minor": 400,
    "total_minor": 4250, "cash_minor": 2000, "card_minor": 2250,
}  # fmt: skip


@pytest.fixture
def sold(shop: Shop) -> Shop:
    """A shop that has sold for 42.50: 30 + 8.50 and 4 of tax; 20 in cash and 22.50 by card."""
    assert shop.send(shop.sale("sold")).status_code == 201
    return shop


@pytest.fixture(params=["as posted", "rolled up", "half and half"])
def rolled(request: pytest.FixtureRequest) -> Any:
    """Calls to make before and after the events of a test: figures never depend on what is rolled up."""
    before, after = {"as posted": (0, 0), "rolled up": (0, 1), "half and half": (1, 0)}[request.param]

    def roll(shop: Shop, *, posted: bool) -> None:
        if after if posted else before:
            roll_up_sales(tenant_id=shop.tenant.id)

    return roll


def test_a_sale_is_a_basket_with_its_parts_and_tenders(sold: Shop, rolled: Any) -> None:
    rolled(sold, posted=True)
    assert figures(sold) == SOLD


def test_a_return_counts_against_net_sales_and_not_against_gross(sold: Shop, rolled: Any) -> None:
    rolled(sold, posted=False)
    line = {"sku": "B", "qty": 1, "amount": 8.5}
    assert sold.send(about(sold, "RETURN", "back", line_items=[line], method="cash")).status_code == 201
    rolled(sold, posted=True)
    found, tax = sums(sold), 400 * 850 // 3850
    assert (found.gross_minor, found.returns_minor, found.net_minor) == (3850, 850, 3000)
    assert (found.baskets_count, found.returns_count, found.items_count) == (1, 1, 1)
    assert (found.cash_minor, found.tax_minor) == (2000 - 850 - tax, 400 - tax)
    assert found.return_rate == Decimal("0.2208")
    assert found.average_basket_minor == 3000


def test_a_voided_sale_is_no_basket_but_was_rung_up(sold: Shop, rolled: Any) -> None:
    rolled(sold, posted=False)
    assert sold.send(about(sold, "VOID", "undone")).status_code == 201
    rolled(sold, posted=True)
    assert figures(sold) == {"facts_count": 2, "rung_count": 1, "voids_count": 1}
    found = sums(sold)
    assert (found.average_basket_minor, found.return_rate) == (None, None)
    assert found.correction_rate == 100


def test_a_corrected_sale_is_the_sale_it_should_have_been(sold: Shop, rolled: Any) -> None:
    rolled(sold, posted=False)
    right: dict[str, Any] = {
        "total_amount": 30,
        "line_items": [{"sku": "A", "amount": 30}],
        "tenders": [{"method": "CASH", "amount": 30}],
    }
    assert sold.send(about(sold, "CORRECTION", "right", **right)).status_code == 201
    rolled(sold, posted=True)
    assert figures(sold) == {
        "facts_count": 3, "baskets_count": 1, "rung_count": 1, "corrections_count": 1, "items_count": 1,
        "gross_minor": 3000, "total_minor": 3000, "cash_minor": 3000,
    }  # fmt: skip


def test_a_tip_is_no_sale(sold: Shop) -> None:
    assert sold.send(about(sold, "TIP_ADJUST", "tip", total_amount=3)).status_code == 201
    found = sums(sold)
    assert (found.tips_minor, found.card_minor, found.net_minor, found.baskets_count) == (300, 2550, 3850, 1)


def test_cash_that_is_moved_is_no_tender(sold: Shop) -> None:
    assert sold.send(sold.sale("in", event_type="PAID_IN", **(NOTHING | {"total_amount": 50}))).status_code == 201
    assert sold.send(sold.sale("drop", event_type="CASH_DROP", **(NOTHING | {"total_amount": 20}))).status_code == 201
    assert figures(sold) == SOLD | {"facts_count": 3, "moved_cash_minor": 3000}


def test_stores_and_currencies_stand_apart(sold: Shop) -> None:
    roll_up_sales(tenant_id=sold.tenant.id)
    sold.send(sold.sale("other", store_id="store-2"))
    sold.send(sold.sale("euro", currency="EUR"))
    rows = daily_sales.daily_sales({sold.tenant.id: (DAY, DAY)})
    assert [(row.day, row.store_code, row.currency, row.sums.gross_minor) for row in rows] == [
        (DAY, "store-1", "EUR", 3850), (DAY, "store-1", "USD", 3850), (DAY, "store-2", "USD", 3850),
    ]  # fmt: skip
    assert {currency: found.gross_minor for currency, found in daily_sales.totals(rows).items()} == {
        "EUR": 3850,
        "USD": 7700,
    }


def test_another_tenant_has_none_of_it(sold: Shop) -> None:
    assert daily_sales.daily_sales({sold.tenant.id + 1_000_000: (DAY, DAY)}) == []


def test_it_folds_everything_once(sold: Shop) -> None:
    assert rolled_up(sold, 1) == 1
    assert roll_up_sales(tenant_id=sold.tenant.id) == 0
    assert sold.rows("SELECT facts_count FROM daily_sales WHERE tenant_id = %s") == [(1,)]
    sold.send(sold.sale("next"))
    assert rolled_up(sold, 1) == 1
    assert figures(sold) == {name: 2 * value for name, value in SOLD.items()}


def test_a_report_is_one_statement(sold: Shop, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        daily_sales.daily_sales({sold.tenant.id: (DAY, DAY)})


def test_an_average_is_rounded_half_up_once() -> None:
    assert SalesFigures(baskets_count=2, gross_minor=101).average_basket_minor == 51
    assert SalesFigures(baskets_count=2, returns_minor=101).average_basket_minor == -51
    assert SalesFigures(gross_minor=10_000, returns_minor=12_345).return_rate == Decimal("1.2345")
    assert SalesFigures(rung_count=3, voids_count=1, corrections_count=1).correction_rate == Decimal("66.6667")


def test_the_command_and_the_job_fold_what_was_sold(sold: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("roll_up_sales", "--tenant", sold.slug)
    assert capsys.readouterr().out == f"{sold.slug}: 1 headers folded.\n"
    sold.send(sold.sale("next"))
    tasks.roll_up_sales()
    assert sold.rows("SELECT facts_count FROM daily_sales WHERE tenant_id = %s") == [(2,)]


def test_the_command_refuses_a_tenant_nobody_knows(books: None) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("roll_up_sales", "--tenant", "nobody-at-all")
    assert refused.value.returncode == 2
