"""Foreign currency at once: one settlement per key, versions without gap, rates read whole."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Shop
from tests.scenes.crowd import all_at_once
from tests.scenes.fx import YESTERDAY, open_banks, put, quote, settlement
from tests.scenes.transfers import balances

pytestmark = pytest.mark.xdist_group("races")


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop with two banks and a rate."""
    open_banks(shop)
    quote(shop)
    return shop


def settling(shop: Shop, body: dict[str, Any]) -> Callable[[], Any]:
    """Send it, from a client of its own."""
    other = Shop(shop.tenant, shop.key, shop.principal, Client())
    return lambda: other.post("/v1/fx/settlements", body)


def test_fifty_posts_of_one_key_are_one_settlement(shop: Shop) -> None:
    answers = all_at_once([settling(shop, settlement(idempotency_key="one")) for _ in range(50)])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 49}
    assert len({answer.json()["settlement_id"] for answer in answers}) == 1
    assert balances(shop) == {"BANK:EUR": -10000, "BANK:USD": 10832, "FX:CLEAR:EUR": 10000, "FX:CLEAR:USD": -10832}


def test_opposite_settlements_never_fail(shop: Shop) -> None:
    ways = [("BANK:EUR", "BANK:USD", "100.00"), ("BANK:USD", "BANK:EUR", "108.32")] * 10
    answers = all_at_once([settling(shop, settlement(*way)) for way in ways])
    assert Counter(answer.status_code for answer in answers) == {201: 20}
    assert balances(shop) == {}


def test_rates_of_one_instant_become_versions_without_gap(shop: Shop) -> None:
    def quoting(number: int) -> Callable[[], int]:
        other = Shop(shop.tenant, shop.key, shop.principal, Client())
        body = {"pair": "EUR/USD", "rate": f"2.{number:02}", "valid_from": YESTERDAY.isoformat()}
        return lambda: int(put(other, body).status_code)

    assert Counter(all_at_once([quoting(number) for number in range(1, 21)])) == {201: 20}
    versions = shop.rows("SELECT version FROM fx_rates WHERE tenant_id = %s ORDER BY 1")
    assert versions == [(number,) for number in range(1, 22)]
