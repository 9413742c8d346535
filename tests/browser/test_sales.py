"""An accountant looks for a receipt, reads it, and sees what was sold of what, in a real browser."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.browser.screen import NARROW, WIDE, Screen
from tests.browser.test_looks import flaws_of
from tests.conftest import Shop
from tests.scenes.projection import catch_up
from tests.scenes.returns import about


def trade(shop: Shop) -> None:
    """A handful of sales of a few articles, of which one was returned in part and one voided."""
    at = (timezone.now() - timedelta(minutes=5)).isoformat()
    basket = [
        {"sku": "Espresso, double", "qty": 2, "amount": 7},
        {"sku": "Croissant aux amandes et au beurre de la maison", "qty": 3, "amount": 13.5},
        {"sku": "GIFT-20", "amount": 20, "category": "gift_card"},
    ]
    for event in (
        shop.sale("morning-1", occurred_at=at),
        shop.sale("morning-2", occurred_at=at, line_items=basket, total_amount=42.5, tax_lines=[
            {"code": "VAT", "rate": 0.1, "amount": 2}], store_id="store-2"),
        about(shop, "RETURN", "back", "morning-1", occurred_at=at, method="cash",
              line_items=[{"sku": "B", "qty": 1, "amount": 8.5}]),
        shop.sale("wrong", occurred_at=at),
        about(shop, "VOID", "undone", "wrong", occurred_at=at),
    ):  # fmt: skip
        assert shop.send(event).status_code == 201
    catch_up(shop)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_an_accountant_finds_a_receipt_and_what_became_of_it(
    shop: Shop, screen_of: Callable[[str], Screen], size: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    trade(shop)
    screen = screen_of("accountant")
    screen.resize(size)
    pictures = tmp_path_factory.getbasetemp()
    screen.go("/admin/pos/daily-sales/")
    screen.press("Sales")
    screen.says("Receipt or event", "txn-morning-2", "Void")
    flaws = flaws_of(screen)
    screen.page.screenshot(path=pictures / f"sold-{size[0]}.png", full_page=True)
    screen.page.get_by_label("Receipt or event").fill("txn-morning-1")
    screen.press("Show")
    screen.press("txn-morning-1")
    screen.says("Tax VAT 0.2", "Later changes", "back")
    flaws += flaws_of(screen)
    screen.page.screenshot(path=pictures / f"sold-event-{size[0]}.png", full_page=True)
    screen.press("back")
    screen.says("Original event", "−8.50")
    screen.go("/admin/pos/articles/")
    screen.says("Top articles", "Espresso, double", "Net qty", "VAT")
    flaws += flaws_of(screen)
    screen.page.screenshot(path=pictures / f"articles-{size[0]}.png", full_page=True)
    with screen.page.expect_download() as found:
        screen.page.get_by_role("link", name="Articles CSV").click()
    assert found.value.suggested_filename.startswith(f"articles-{shop.slug}-")
    assert flaws == []
