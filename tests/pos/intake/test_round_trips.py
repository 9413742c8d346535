"""The number the documentation states: what one reception costs in round trips to Postgres."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from pos.posting import tenant_memory
from tests.conftest import Shop
from tests.scenes.returns import about
from tests.scenes.round_trips import counted

#: One call that is its own transaction; that and, the key being there, begin, receive, apply, commit.
NEW, RETRY = 1, 5
#: Begin, receive, commit; and one more to apply what was judged.
NEW_BATCH, RETRIED_BATCH = 3, 4
#: The same, and for what is about others: one to find, lock and read these, and one to settle.
RETURNED_BATCH = 5


@pytest.fixture
def warm_shop(shop: Shop) -> Shop:
    """A shop this process remembers: its key, places, accounts and day, and every statement prepared."""
    for _ in range(2):
        shop.send(shop.sale("warm-up"))
        shop.send(shop.sale("warm-up", reason="conflict"))
    return shop


def test_a_round_trip_is_counted_as_one(warm_shop: Shop) -> None:
    with counted() as trips:
        warm_shop.rows("SELECT 1 WHERE %s > 0")
        warm_shop.rows("SELECT 1 WHERE %s > 0")
    assert trips.number == 2


def test_a_new_event_is_one_round_trip(warm_shop: Shop) -> None:
    with counted() as trips:
        assert warm_shop.send(warm_shop.sale("new")).status_code == 201
    assert trips.number == NEW, trips.sent


def test_a_new_event_of_a_device_is_one_round_trip(warm_shop: Shop) -> None:
    """That numbers its events, and whose clock is wrong."""
    wrong = {"HTTP_X_DEVICE_TIME": "2026-02-25T10:00:00Z"}
    assert warm_shop.send(warm_shop.sale("today"), **wrong).status_code == 201
    event = warm_shop.sale("new", device_id="tab-1", device_seq=1)
    with counted() as trips:
        assert warm_shop.send(event, **wrong).status_code == 201
    assert trips.number == NEW, trips.sent


def test_an_exact_retry_is_judged_in_a_transaction(warm_shop: Shop) -> None:
    with counted() as trips:
        assert warm_shop.send(warm_shop.sale("warm-up")).status_code == 200
    assert trips.number == RETRY, trips.sent


def test_a_held_event_takes_no_more_than_a_posted_one(warm_shop: Shop) -> None:
    with counted() as trips:
        assert warm_shop.send(warm_shop.sale("held", event_type="LOYALTY")).status_code == 202
    assert trips.number == NEW, trips.sent


def test_a_refused_body_takes_no_more_than_a_posted_one(warm_shop: Shop) -> None:
    with counted() as trips:
        assert warm_shop.send(b"{").status_code == 400
    assert trips.number == NEW, trips.sent


def batch(events: Sequence[dict[str, Any]]) -> bytes:
    """As a device sends it."""
    return json.dumps({"events": events}).encode()


@pytest.mark.parametrize("size", [2, 10, 500])
def test_a_batch_costs_the_same_whatever_its_size(warm_shop: Shop, size: int) -> None:
    body = batch([warm_shop.sale(f"e{n}", device_id="tab-1", device_seq=1 + n) for n in range(size)])
    with counted() as trips:
        answer = warm_shop.post("/v1/events/batch", body).json()
    assert answer["counts"] == {"processed": size}
    assert trips.number == NEW_BATCH, trips.sent
    with counted() as trips:
        answer = warm_shop.post("/v1/events/batch", body).json()
    assert answer["counts"] == {"duplicate": size}
    assert trips.number == RETRIED_BATCH, trips.sent


@pytest.mark.parametrize("size", [3, 30, 300])
def test_a_mixed_batch_costs_the_same_whatever_its_size(warm_shop: Shop, size: int) -> None:
    kinds = [{}, {"event_type": "LOYALTY"}, {"reason": "other"}]
    events = [warm_shop.sale(f"e{n // 3}", **kinds[n % 3]) for n in range(size)]
    with counted() as trips:
        warm_shop.post("/v1/events/batch", batch(events))
    assert trips.number == RETRIED_BATCH, trips.sent


@pytest.mark.parametrize("size", [2, 20, 200])
def test_a_batch_of_returns_costs_the_same_whatever_its_size(warm_shop: Shop, size: int) -> None:
    sales = [warm_shop.sale(f"e{n}") for n in range(size)]
    returns = [about(warm_shop, "RETURN", f"r{n}", f"e{n}", total_amount=5) for n in range(size)]
    warm_shop.send(about(warm_shop, "RETURN", "warm-return", "warm-up", total_amount=5))
    with counted() as trips:
        answer = warm_shop.post("/v1/events/batch", batch(returns + sales)).json()
    assert answer["counts"] == {"processed": 2 * size}
    assert trips.number == RETURNED_BATCH, trips.sent


def test_what_a_batch_has_to_learn_it_asks_for_at_once_and_ahead(warm_shop: Shop) -> None:
    """Its stores, registers, days and accounts, where none is remembered: begin, look at the key, ask, commit."""
    memory = tenant_memory.memory_of(warm_shop.tenant.id)
    for remembered in (memory.places, memory.account_ids, memory.open_days):
        remembered.clear()
    with counted() as trips:
        warm_shop.post("/v1/events/batch", batch([warm_shop.sale(f"e{n}") for n in range(10)]))
    assert trips.number == NEW_BATCH + 4, trips.sent


def test_a_release_leaves_ingest_what_it_remembers(warm_shop: Shop) -> None:
    """It reads the tenant anew for itself; the next sale still is one round trip."""
    assert warm_shop.send(about(warm_shop, "RETURN", "early", "late", total_amount=5)).status_code == 202
    assert warm_shop.send(warm_shop.sale("other")).status_code == 201
    assert warm_shop.send(warm_shop.sale("late")).status_code == 201
    assert warm_shop.rows("SELECT status FROM events_processed WHERE tenant_id = %s AND idempotency_key = 'early'") == [
        ("processed",)
    ]
    with counted() as trips:
        assert warm_shop.send(warm_shop.sale("new")).status_code == 201
    assert trips.number == NEW, trips.sent
