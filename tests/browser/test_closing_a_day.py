"""An accountant closes a day in a real browser, and takes its pack."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from ledger.models import Period
from tests.browser.screen import NARROW, WIDE, Screen
from tests.browser.test_looks import flaws_of
from tests.conftest import Shop
from tests.scenes.days import DAY, hold, sell


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_a_day_is_closed_over_an_undecided_event_with_a_reason(
    shop: Shop, screen_of: Callable[[str], Screen], size: tuple[int, int]
) -> None:
    sell(shop, DAY)
    hold(shop, DAY)
    day = Period.objects.get(tenant=shop.tenant)
    screen = screen_of("accountant")
    screen.resize(size)
    screen.go(reverse("admin:ledger_period_change", args=[day.pk]))
    screen.press("Close the day")
    screen.says("1 held event needs a decision", "TOTALS_MISMATCH", "43.00 USD")
    flaws = flaws_of(screen)
    screen.page.get_by_label("Notes").fill("Month end.")
    screen.page.get_by_text("Close all the same").click()
    screen.press("Close the day")
    screen.says(f"{DAY} is closed", "Accountant pack", "journals.csv", "Month end.")
    flaws += flaws_of(screen)
    screen.go(reverse("day-pack", args=[day.pk, "pack.html"]))
    for table in ("Trial balance", "Journals", "Exceptions"):
        assert screen.page.get_by_role("heading", name=table).is_visible()
    assert flaws == []
