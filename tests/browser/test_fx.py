"""An accountant records and corrects a rate in a real browser, and looks at what was converted."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from django.urls import reverse

from ledger.models import FxSettlement
from tests.browser.screen import NARROW, WIDE, Screen
from tests.browser.test_looks import flaws_of
from tests.conftest import Shop
from tests.scenes.fx import YESTERDAY, open_banks, quote, settle


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_a_rate_is_recorded_corrected_and_used(
    shop: Shop, screen_of: Callable[[str], Screen], size: tuple[int, int]
) -> None:
    open_banks(shop)
    quote(shop, rate="1.08")
    assert settle(shop).status_code == 201
    screen = screen_of("accountant")
    screen.resize(size)
    screen.go(reverse("admin:ledger_fxrate_changelist"))
    flaws = looked_at(screen, "list")
    screen.open_menu_of_actions()
    screen.press("Add rate")
    record(screen, "EUR/USD", "-1")
    screen.says("This must be a plain decimal above zero")
    flaws += looked_at(screen, "form")
    record(screen, "eurusd", "1.0832")
    screen.says("Saved: EUR/USD 1.0832 from", "corrected", "current")
    flaws += looked_at(screen, "rates")
    screen.page.get_by_role("link", name="EUR/USD").last.click()
    screen.settle()
    screen.says("Version 2", "Version 1", "100.00 EUR", "108.00 USD")
    flaws += looked_at(screen, "rate")
    number = FxSettlement.objects.get(tenant=shop.tenant).pk
    screen.go(reverse("admin:ledger_fxsettlement_change", args=[number]))
    screen.says(f"Settlement #{number}", "BANK:EUR", "100.00 EUR Cr", "EUR/USD 1.08")
    flaws += looked_at(screen, "settlement")
    screen.go(reverse("admin:ledger_fxsettlement_changelist"))
    flaws += looked_at(screen, "settlements")
    screen.open_menu_of_actions()
    screen.press("Clearing position")
    screen.says("FX:CLEAR:EUR", "108.32 USD", "Loss", "0.32 USD")
    flaws += looked_at(screen, "position")
    assert flaws == []


def record(screen: Screen, pair: str, rate: str) -> None:
    """Fill the form and send it."""
    for name, value in (("pair", pair), ("rate", rate), ("valid_from", YESTERDAY.isoformat())):
        screen.page.locator(f"input[name={name}]").fill(value)
    screen.press("Record rate")


def looked_at(screen: Screen, name: str) -> list[str]:
    """What is wrong with the page to see. PICTURES names a folder to keep what was seen in."""
    if folder := os.environ.get("PICTURES"):
        width = (screen.page.viewport_size or {"width": 0})["width"]
        screen.page.screenshot(path=str(Path(folder) / f"fx-{name}-{width}.png"), full_page=True)
    return flaws_of(screen)
