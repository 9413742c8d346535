"""Totals and baskets of an original: the sums a reference is measured by."""

from decimal import Decimal
from typing import Any

import pytest

from ledgersafe.values import exact_json
from pos.contract import Event, read_event
from pos.references import extras_of, parts_of, sold_of, total_of
from tests.scenes.till import raw

ENVELOPE: dict[str, Any] = {
    "schema_version": "1.0", "tenant_id": "t", "store_id": "s", "source_system": "pos", "event_id": "e",
    "event_type": "SALE", "occurred_at": "2026-02-25T09:30:00Z", "txn_id": "x", "currency": "USD",
}  # fmt: skip
TAX = {"code": "V", "rate": 0.2}
#: Lines 10, exclusive tax 2, inclusive tax 1, discount 3, tip 4, service charge 5.
RICH: dict[str, Any] = {
    "line_items": [{"sku": "A", "amount": 7, "line_id": 1}, {"sku": "A", "amount": 3, "qty": 0.5}],
    "tax_lines": [TAX | {"amount": 2}, TAX | {"amount": 1, "inclusive": True}],
    "discounts": [{"code": "D", "amount": 3}], "tips": [{"amount": 4}], "service_charges": [{"amount": 5}],
}  # fmt: skip


def event(**fields: Any) -> Event:
    """An event as read from the wire."""
    reading = read_event(exact_json.parse_object(raw(ENVELOPE | fields).decode()), base_currency="USD")
    assert isinstance(reading, Event), reading
    return reading


def test_inclusive_tax_is_in_the_lines_already() -> None:
    assert extras_of(event(**RICH)) == 200 - 300 + 400 + 500
    assert parts_of(event(**RICH)) == 1000 + 800


@pytest.mark.parametrize(
    ("fields", "total"),
    [({}, 0), (RICH, 1800), (RICH | {"total_amount": 17.5}, 1750), ({"total_amount": 0}, 0)],
    ids=["nothing", "parts alone", "its own total wins", "zero is a total"],
)
def test_a_total_is_the_events_own_or_the_sum_of_its_parts(fields: dict[str, Any], total: int) -> None:
    assert total_of(event(**fields)) == total


def test_a_basket_is_summed_by_article_and_by_line() -> None:
    quantities, amounts = sold_of(event(**RICH))
    assert quantities == {("sku", "A"): Decimal("1.5"), ("line", "1"): Decimal(1)}
    assert amounts == {("sku", "A"): 1000, ("line", "1"): 700}


def test_a_sale_by_its_total_alone_has_no_basket() -> None:
    assert sold_of(event(total_amount=5)) == ({}, {})
