"""A supervisor opens, counts and closes a drawer in a real browser, and prints its report."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from ledger.models import Drawer
from tests.browser.screen import NARROW, WIDE, Screen
from tests.browser.test_looks import flaws_of
from tests.conftest import Shop
from tests.scenes.drawers import cash_sale, done


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_a_drawer_is_run_from_float_to_report(
    shop: Shop, screen_of: Callable[[str], Screen], size: tuple[int, int]
) -> None:
    assert shop.send(shop.sale()).status_code == 201  # its register is known from now on
    screen = screen_of("supervisor")
    screen.resize(size)
    screen.go(reverse("admin:ledger_drawer_open_new"))
    screen.page.get_by_label("Starting cash").fill("100.00")
    flaws = flaws_of(screen)
    screen.press("Open the drawer")
    screen.says("Drawer of store-1 / till-1", "open", "100.00")
    drawer = Drawer.objects.get(tenant=shop.tenant)
    done(shop, drawer.pk, "SALE", 4250)
    done(shop, drawer.pk, "SALE", 1250, method="CARD", order_id="o-2")
    done(shop, drawer.pk, "REFUND", 1000)
    assert cash_sale(shop, "event").status_code == 201
    screen.go(reverse("admin:ledger_drawer_change", args=[drawer.pk]))
    screen.says("137.50", "o-2", "Cash sales")
    flaws += flaws_of(screen)
    screen.press("Count")
    screen.page.get_by_label("Counted cash").fill("137.40")
    screen.press("Save the count")
    screen.says("short", "−0.10", "reconciling")
    screen.press("Close")
    screen.page.get_by_label("Counted cash").fill("137.40")
    screen.page.get_by_label("Notes").fill("Ten cents short.")
    flaws += flaws_of(screen)
    screen.press("Close the drawer")
    screen.says("closed", "number 1", "Ten cents short.")
    flaws += flaws_of(screen)
    screen.go(reverse("admin:ledger_drawer_changelist"))
    screen.says("store-1")
    flaws += flaws_of(screen)
    screen.go(reverse("drawer-report", args=[drawer.pk]))
    screen.says("Z-report 1", "137.50", "137.40", "Signature")
    assert flaws == []
