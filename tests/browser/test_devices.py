"""A supervisor looks at what a device has lost, and explains it, in a real browser."""

from collections.abc import Callable

import pytest

from tests.browser.screen import NARROW, WIDE, Screen
from tests.browser.test_looks import flaws_of
from tests.conftest import Shop
from tests.scenes.device_numbers import gaps, send_numbers, spans


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_a_supervisor_explains_what_a_device_has_lost(
    shop: Shop, screen_of: Callable[[str], Screen], size: tuple[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    send_numbers(shop, 1, 2, 6, 7, 9, device="tablet-checkout-1")
    send_numbers(shop, 1000, 1001, device="tablet-checkout-2")
    pictures = tmp_path_factory.getbasetemp()
    screen = screen_of("supervisor")
    screen.resize(size)
    screen.go("/admin/pos/devices/")
    screen.says("tablet-checkout-1", "4 missing", "complete")
    flaws = flaws_of(screen)
    screen.page.screenshot(path=pictures / f"devices-{size[0]}.png", full_page=True)
    screen.press("tablet-checkout-1")
    screen.says("3 to 5", "unexplained gaps" if size is WIDE else "Missing")
    screen.page.get_by_role("link", name="Explain", exact=True).first.click()
    screen.page.get_by_label("Why they are missing").fill("The tablet was replaced on Monday.")
    flaws += flaws_of(screen)
    screen.page.screenshot(path=pictures / f"explain-gap-{size[0]}.png", full_page=True)
    screen.press("Explain the gap")
    screen.says("Explanation saved", "The tablet was replaced on Monday.")
    flaws += flaws_of(screen)
    screen.page.screenshot(path=pictures / f"gaps-{size[0]}.png", full_page=True)
    assert flaws == []
    assert spans(gaps(shop, "tablet-checkout-1")) == [(3, 5, True), (8, 8, False)]
