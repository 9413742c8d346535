"""An ordinary event is read the short way, and comes out as the long way would have it."""

import json
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.arrivals import Arrival
from pos.arrivals.arrival import _read_closely, _read_plain
from pos.contract import Event

SALE: Final[dict[str, Any]] = {
    "schema_version": "1.0", "tenant_id": "t", "store_id": "s1", "register_id": "till-1", "source_system": "pos",
    "source_event_id": "src-1", "event_id": "e1", "event_type": "SALE", "occurred_at": "2026-02-25T09:30:00.123456Z",
    "txn_id": "t1", "currency": "USD", "total_amount": "12.10", "business_date": "2026-02-25", "device_id": "d1",
    "device_seq": 7, "reason": "", "method": "CASH",
    "line_items": [{"line_id": 1, "sku": "A", "qty": 2, "amount": "10.00", "category": "food"},
                   {"line_id": "2", "sku": "Köln ☕", "qty": "0.5", "amount": 1}],
    "tax_lines": [{"code": "VAT", "rate": "0.100", "amount": "1.10", "inclusive": False}],
    "discounts": [{"code": "D", "amount": "1.00"}], "tips": [{"amount": "0.50"}],
    "service_charges": [{"amount": "0.50"}], "references": {"original_event_id": "e0"},
    "tenders": [{"method": "card", "amount": "12.10", "processor": "stripe"}, {"method": "CASH", "amount": "0"}],
}  # fmt: skip
ODD: Final[list[Any]] = [
    None, "", " ", "x", "x" * 65, "x" * 201, "x" * 2_001, "a\x00b", "a\u200bb", "\ud800", 0, 1, -1, 2**63, 10**15, True,
    False, 1.5, 0.1, 42.05, 1.005, -0.5, 1e16, 1e-7, 2.0, 10**40, 10**200,
    "1.005", "-1.00", "+1", "1,00", "1e3", " 1", "٣", "007.10", "10000000000000000", [], {}, [None], [1], [{}],
    "USD", "EUR", "JPY", "XAU", "usd", "SALE", "sale", "RETURN", "2", "v1.2", "1.0.0.0.0", "2026-02-30",
    "2026-02-25T09:30:00", "2026-02-25t09:30:00z", "2026-02-25T09:30:00.1234567+14:00", "9999-12-31T23:59:59-14:00",
    {"original_event_id": None}, {"original_event_id": ""}, {"original_txn_id": "t0"}, {"original_event_id": 1},
    [{"amount": "1.00"}], [{"code": "C", "amount": "1.00"}], [{"code": "C", "amount": 1, "rate": 8}],
    [{"sku": "A", "amount": "1.00", "qty": "1e1"}], [{"sku": "A", "amount": "1.00", "line_id": True}],
    [{"method": "CASH", "amount": "1.00", "currency": "JPY"}], [{"type": "CASH", "amount": "1.00"}],
    [{"method": "BARTER", "amount": "1.00"}], [{"method": "CARD", "amount": 1, "currency": ""}], "4111111111111111",
]  # fmt: skip
NAMES: Final = (*SALE, "payment_method", "unknown")
SPELLINGS: Final = [(",", ":"), (", ", ": "), (" , ", " : ")]

unhurried = settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])


def body_of(payload: dict[str, Any], separators: tuple[str, str] = (",", ":"), *, ascii_only: bool = False) -> bytes:
    written = json.dumps(payload, separators=separators, ensure_ascii=ascii_only)
    return written.encode(errors="surrogatepass")


def assert_alike(body: bytes) -> Arrival | None:
    short, long = _read_plain(body, "EUR"), _read_closely(body, "EUR")
    if short is not None:
        assert short == long
        assert repr(short) == repr(long)  # a Decimal's notation, True and 1
        assert isinstance(long.reading, Event)
    return short


@pytest.mark.parametrize("separators", SPELLINGS[:2])
def test_an_ordinary_event_is_read_the_short_way(separators: tuple[str, str]) -> None:
    assert assert_alike(body_of(SALE, separators)) is not None
    needed = ("schema_version", "tenant_id", "store_id", "source_system", "event_id", "event_type", "occurred_at")
    least = {name: SALE[name] for name in (*needed, "txn_id")}
    assert assert_alike(body_of(least, separators)) is not None
    numbers = {"total_amount": 12.15, "tax_lines": [{"code": "VAT", "rate": 0.08, "amount": 1.15}], "tenders": [],
               "line_items": [{"sku": "A", "qty": 0.25, "amount": 12.5}], "tips": [{"amount": 1}]}  # fmt: skip
    assert assert_alike(body_of(SALE | numbers, separators)) is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_field_that_is_odd_or_missing_is_read_as_the_long_way_does(name: str) -> None:
    assert_alike(body_of({key: value for key, value in SALE.items() if key != name}))
    for odd in ODD:
        for separators in SPELLINGS:
            assert_alike(body_of(SALE | {name: odd}, separators))


@pytest.mark.parametrize("part", ["line_items", "tenders", "tax_lines", "discounts", "tips", "service_charges"])
def test_an_odd_field_of_a_part_is_read_as_the_long_way_does(part: str) -> None:
    names = {*SALE[part][0], "currency", "processor", "rate", "inclusive", "qty", "category", "type", "unknown"}
    for name in names:
        for odd in ODD:
            assert_alike(body_of(SALE | {part: [SALE[part][0] | {name: odd}]}))
            assert_alike(body_of(SALE | {part: [*SALE[part], {k: v for k, v in SALE[part][0].items() if k != name}]}))


@unhurried
@given(
    changes=st.dictionaries(
        st.sampled_from(NAMES), st.sampled_from(ODD) | st.text(max_size=5) | st.integers(), max_size=4
    ),
    separators=st.sampled_from(SPELLINGS),
    ascii_only=st.booleans(),
)
def test_whatever_comes_is_read_as_the_long_way_does(
    changes: dict[str, Any], separators: tuple[str, str], ascii_only: bool
) -> None:
    assert_alike(body_of(SALE | changes, separators, ascii_only=ascii_only))


@pytest.mark.parametrize(
    "changes",
    [{"total_amount": "12.101"}, {"event_id": " "}, {"unknown": "4111 1111 1111 1111"}, {"device_id": None},
     {"store_id": "x" * 65}, {"tenders": [{"method": "BARTER", "amount": "1"}]}, {"schema_version": "2.0"}],
)  # fmt: skip
def test_what_is_wrong_is_left_to_the_long_way_which_tells_it(changes: dict[str, Any]) -> None:
    body = body_of(SALE | changes)
    assert _read_plain(body, "EUR") is None
    assert not isinstance(_read_closely(body, "EUR").reading, Event)
