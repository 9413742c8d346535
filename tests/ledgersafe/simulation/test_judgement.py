"""The judge of a simulated day finds what is not as it was rung up."""

from collections import Counter
from typing import Any

import pytest

from ledgersafe.simulation.judgement import differences
from tests.conftest import Shop

SOLD = Counter(
    gross_minor=3850, tax_minor=400, total_minor=4250, cash_minor=2000, card_minor=2250, baskets_count=1, rung_count=1
)


def report(shop: Shop) -> dict[str, Any]:
    assert shop.send(shop.sale()).status_code == 201
    found: dict[str, Any] = shop.get("/v1/reports/daily-sales", **{"from": "2026-02-25", "to": "2026-02-25"}).json()
    row: dict[str, Any] = found["items"][0]
    return row


def test_a_store_that_sold_what_was_rung_up_has_no_differences(shop: Shop) -> None:
    assert differences(report(shop), SOLD) == []


@pytest.mark.parametrize("name", [*SOLD, "tips_minor", "voids_count", "gift_card_minor", "moved_cash_minor"])
def test_every_figure_that_is_one_off_is_named(shop: Shop, name: str) -> None:
    assert len(differences(report(shop), SOLD + Counter({name: 1}))) == 1
