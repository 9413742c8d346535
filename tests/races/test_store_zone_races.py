"""A store gets another clock at the moment its first sale comes in."""

import pytest

from ledgersafe import setup
from ledgersafe.setup import StoreZoneFixed
from tests.conftest import Shop
from tests.scenes.crowd import all_at_once
from tests.scenes.store_zones import DAY, EAST, WEST, add_store, posted_on, sell_in


@pytest.mark.parametrize("round_", range(8))
def test_the_first_sale_is_dated_by_the_clock_the_store_ends_up_with(shop: Shop, round_: int) -> None:
    """20:00 UTC is tomorrow in Tokyo and today in Los Angeles. The books are clean either way (I00)."""
    add_store(shop, "there", EAST)
    assert sell_in(shop, "store-1", "2026-02-25T09:00").status_code == 201

    def set_zone() -> bool:
        try:
            setup.set_store_zone(slug=shop.slug, code="there", time_zone=WEST, actor="user:eve")
        except StoreZoneFixed:
            return False
        return True

    def sell(number: int) -> bool:
        return bool(sell_in(shop, "there", "2026-02-25T20:00", f"first-{number}").status_code == 201)

    changed, *sold = all_at_once([set_zone, *(lambda n=n: sell(n) for n in range(3))])
    assert all(sold)
    dates = {posted_on(shop, f"first-{number}")[0] for number in range(3)}
    assert dates == ({DAY} if changed else {DAY.replace(day=26)})
