"""A tenant's books start earlier, and years that nobody sold in are closed, in a real browser."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from ledger.models import Period
from tests.browser.screen import NARROW, WIDE, Screen
from tests.browser.test_looks import flaws_of
from tests.conftest import Shop
from tests.scenes.days import DAY, after, close, sell


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_an_administrator_has_the_books_start_earlier(
    shop: Shop, screen_of: Callable[[str], Screen], size: tuple[int, int]
) -> None:
    sell(shop, DAY)
    screen = screen_of("tenant_administrator")
    screen.resize(size)
    screen.go(reverse("admin:tenants_tenant_change", args=[shop.tenant.pk]))
    screen.says("Books start on", "2000-01-01")
    flaws = flaws_of(screen)
    screen.press("Edit settings")
    screen.says("No later than 2026-02-25, its first business day.")
    flaws += flaws_of(screen)
    screen.page.get_by_label("Books start on").fill("2026-02-26")
    screen.press("Save settings")
    screen.says("The books already have earlier business days")
    screen.page.get_by_label("Books start on").fill("2026-02-01")
    screen.press("Save settings")
    screen.says("2026-02-01")
    assert flaws == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
def test_twenty_empty_years_are_closed_and_looked_at(
    shop: Shop, screen_of: Callable[[str], Screen], size: tuple[int, int]
) -> None:
    long_ago = after(DAY, -7_305)
    sell(shop, long_ago)
    close(shop, long_ago)
    sell(shop, DAY)
    screen = screen_of("accountant")
    screen.resize(size)
    screen.go(reverse("day-close", args=[Period.objects.get(tenant=shop.tenant, business_date=DAY).pk]))
    screen.says("Days without sales, closed with it", f"{after(long_ago)} to {after(DAY, -1)}, 7,304 days")
    flaws = flaws_of(screen)
    screen.press("Close the day")
    screen.says(f"{DAY} is closed")
    screen.go(reverse("day-close", args=[Period.objects.get(tenant=shop.tenant, business_date=after(DAY, -700)).pk]))
    screen.says("Closed with", str(DAY), "no sales on this day", f"The pack of {DAY} includes this day")
    flaws += flaws_of(screen)
    assert flaws == []
