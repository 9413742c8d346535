"""An accountant looks at what was sold, in a real browser."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from pos.reports import roll_up_sales
from tests.browser.screen import NARROW, WIDE, Screen
from tests.browser.test_looks import flaws_of
from tests.conftest import Shop
from tests.scenes.returns import about


def trade(shop: Shop) -> None:
    """A week of two stores, with a return, a void and a discount; half of it rolled up."""
    for back in range(6, -1, -1):
        at = (timezone.now() - timedelta(days=back, minutes=5)).isoformat()
        for number in range(1 + (back * 5) % 7):
            event = shop.sale(f"{back}-{number}", occurred_at=at, store_id=f"store-{number % 3 + 1}")
            assert shop.send(event).status_code == 201
        if back == 3:
            roll_up_sales(tenant_id=shop.tenant.id)
    line = {"sku": "B", "qty": 1, "amount": 8.5}
    brought = about(shop, "RETURN", "back", "0-0", occurred_at=at, line_items=[line], method="cash")
    cheap = shop.sale(
        "cheap", occurred_at=at, total_amount=37.5, tenders=[{"method": "EXTERNAL", "amount": 37.5}],
        discounts=[{"code": "TEN", "amount": 5}],
    )  # fmt: skip
    for sent in (brought, cheap):
        assert shop.send(sent).status_code == 201


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_an_accountant_reads_the_week_and_reconciles_a_day(
    shop: Shop, screen_of: Callable[[str], Screen], size: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    trade(shop)
    screen = screen_of("accountant")
    screen.resize(size)
    screen.go("/admin/pos/daily-sales/")
    screen.says("Net sales", "Average basket", "Gross sales by day", "Tenders", "store-2")
    flaws = flaws_of(screen)
    pictures = tmp_path_factory.getbasetemp()
    screen.page.screenshot(path=pictures / f"daily-sales-{size[0]}.png", full_page=True)
    screen.page.get_by_label("Store", exact=True).select_option("store-2")
    screen.press("Show")
    assert screen.page.get_by_role("rowheader", name="store-1").count() == 0
    screen.press("30 days")
    screen.says("Gross sales by day")
    with screen.page.expect_download() as found:
        screen.page.get_by_role("link", name="CSV").click()
    assert found.value.suggested_filename.startswith(f"daily-sales-{shop.slug}-")
    screen.page.locator("a", has_text="Reconcile").click()
    screen.settle()
    screen.says("No differences", "Distinct events")
    flaws += flaws_of(screen)
    screen.page.screenshot(path=pictures / f"layers-{size[0]}.png", full_page=True)
    assert flaws == []
