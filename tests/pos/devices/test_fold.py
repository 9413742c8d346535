"""The number a device gives an event: what is one, and whose it is."""

import json
from typing import Any

import pytest

from exceptions.decisions import DecisionAction
from pos.arrivals import claims_of, number_of
from pos.contract import Event, Hold, read_event
from tests.conftest import Shop
from tests.pos.decisions.test_resolve import decide
from tests.scenes.device_numbers import numbered, ranges
from tests.scenes.returns import balances

GOOD = {
    "schema_version": "1.0", "tenant_id": "t", "store_id": "s", "source_system": "pos", "event_id": "e",
    "event_type": "SALE", "occurred_at": "2026-02-25T09:30:00Z", "txn_id": "x", "total_amount": 1,
}  # fmt: skip


def read(**fields: Any) -> Event | Hold:
    return read_event(GOOD | fields, base_currency="USD")


@pytest.mark.parametrize(
    ("device", "seq"), [("tab-1", 1), ("tab-1", 2**63 - 1), ("tab/1 ü", 7), ("x" * 64, 7), ("tab-1", None)]
)
def test_it_reads_a_device_and_its_number(device: str, seq: int | None) -> None:
    event = read(device_id=device, device_seq=seq)
    assert isinstance(event, Event)
    assert (event.device_id, event.device_seq) == (device, seq)


@pytest.mark.parametrize(
    ("device", "seq", "pointer"),
    [
        ("tab-1", 0, "/device_seq"),
        ("tab-1", -1, "/device_seq"),
        ("tab-1", 2**63, "/device_seq"),
        ("tab-1", True, "/device_seq"),
        ("tab-1", 1.5, "/device_seq"),
        ("tab-1", "12", "/device_seq"),
        ("tab-1", [], "/device_seq"),
        (None, 12, "/device_seq"),
        ("", 12, "/device_id"),
        ("x" * 65, 12, "/device_id"),
        (7, 12, "/device_id"),
        ("tab\x001", 12, "/device_id"),
    ],
)
def test_it_holds_a_device_or_number_of_another_shape(device: Any, seq: Any, pointer: str) -> None:
    hold = read(device_id=device, device_seq=seq)
    assert isinstance(hold, Hold)
    assert hold.reason_code == "SCHEMA_VALIDATION_FAILED"
    assert [error["pointer"] for error in hold.errors] == [pointer]


@pytest.mark.parametrize("seq", ["1e3", "1000.5", "1E+18", "10" * 40])
def test_a_number_that_is_written_oddly_never_fails(shop: Shop, seq: str) -> None:
    body = json.dumps(numbered(shop, 424242)).replace('"device_seq": 424242', f'"device_seq": {seq}')
    assert shop.send(body.encode()).status_code in {201, 202}


def test_an_event_without_device_claims_nothing(shop: Shop) -> None:
    assert shop.send(shop.sale(device_id="tab-1")).status_code == 201
    assert shop.rows("SELECT device_id, device_seq FROM events_processed WHERE tenant_id = %s") == [(None, None)]


def test_a_number_belongs_to_one_event(shop: Shop) -> None:
    assert shop.send(numbered(shop, 7)).status_code == 201
    before = balances(shop)
    answer = shop.send(numbered(shop, 7, event_id="other"))
    assert (answer.status_code, answer.json()["reason_code"]) == (202, "SEQUENCE_GAP")
    case = shop.get(f"/v1/exceptions/{answer.json()['exception_id']}").json()["exception"]
    assert "'tab-1-7'" in case["details_json"]["message"]
    assert balances(shop) == before
    assert shop.send(numbered(shop, 7)).status_code == 200
    assert shop.send(numbered(shop, 7, event_id="other")).json()["reason_code"] == "ALREADY_QUARANTINED"


def test_a_number_belongs_to_one_event_of_its_own_device_and_tenant(shop: Shop) -> None:
    for device in ("tab-1", "tab-2"):
        assert shop.send(numbered(shop, 7, device)).status_code == 201


def test_a_number_belongs_to_one_event_within_a_batch_too(shop: Shop) -> None:
    events = [numbered(shop, seq, event_id=name) for name, seq in (("z", 1), ("a", 1), ("z", 1), ("b", 2))]
    results = shop.post("/v1/events/batch", {"events": events}).json()["results"]
    assert [one["status"] for one in results] == [201, 202, 200, 201]
    assert results[1]["reason_code"] == "SEQUENCE_GAP"
    assert ranges(shop) == [(1, 2)]


def test_a_held_event_keeps_its_number(shop: Shop) -> None:
    """It has come: it is not missing, and no other event has its number."""
    assert shop.send(numbered(shop, 1, total_amount=1)).json()["reason_code"] == "TOTALS_MISMATCH"
    assert shop.send(numbered(shop, 2, tenders=7)).json()["reason_code"] == "SCHEMA_VALIDATION_FAILED"
    assert shop.send(numbered(shop, 1, event_id="other")).json()["reason_code"] == "SEQUENCE_GAP"
    assert ranges(shop) == [(1, 2)]


def test_a_copied_device_s_sale_is_posted_when_a_person_says_so(shop: Shop) -> None:
    assert shop.send(numbered(shop, 7)).status_code == 201
    case = shop.send(numbered(shop, 7, event_id="other")).json()["exception_id"]
    assert decide(shop, case).journal_id is not None
    assert ranges(shop) == [(7, 7)]


def test_a_copied_device_s_retry_is_ignored_when_a_person_says_so(shop: Shop) -> None:
    assert shop.send(numbered(shop, 7)).status_code == 201
    case = shop.send(numbered(shop, 7, event_id="other")).json()["exception_id"]
    decide(shop, case, DecisionAction.NO_REPLAY)
    again = shop.send(numbered(shop, 7, event_id="other")).json()
    assert (again["result"], again["reason_code"]) == ("duplicate", "IGNORED_BY_OPERATOR")


def test_what_has_both_claims_of_another_event_is_that_event_under_another_id(shop: Shop) -> None:
    assert shop.send(numbered(shop, 7, source_event_id="src")).status_code == 201
    both = shop.send(numbered(shop, 7, event_id="both", source_event_id="src"))
    assert both.json()["reason_code"] == "DUPLICATE_SOURCE_EVENT_ID"
    source = shop.send(numbered(shop, 8, event_id="source", source_event_id="src"))
    assert source.json()["reason_code"] == "DUPLICATE_SOURCE_EVENT_ID"
    number = shop.send(numbered(shop, 7, event_id="number", source_event_id="other"))
    assert number.json()["reason_code"] == "SEQUENCE_GAP"


def test_what_an_arrival_claims_is_read_whatever_else_is_wrong() -> None:
    from pos.arrivals import Arrival

    arrival = Arrival(b"", payload={"source_system": "pos", "source_event_id": "s", "device_id": "d", "device_seq": 3})
    assert claims_of(arrival) == [("source", "pos", "s"), ("device", "d", 3)]
    assert number_of(Arrival(b"", payload={"device_seq": 3})) is None
    assert number_of(Arrival(b"", payload={"device_id": "d", "device_seq": "3"})) is None
