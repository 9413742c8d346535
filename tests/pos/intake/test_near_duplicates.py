"""Sales of the same basket, under another id, seconds apart: held where a tenant asks for it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from exceptions.decisions import DecisionAction
from pos.contract import Event, read_event
from pos.intake.baskets import fingerprint_of
from tests.books import assert_books_clean
from tests.conftest import Shop, open_shop
from tests.pos.decisions.test_resolve import decide
from tests.scenes.returns import about
from tests.scenes.round_trips import counted


@pytest.fixture
def wary(books: None) -> Iterator[Shop]:
    """A shop that holds the same basket within 30 seconds."""
    shop = open_shop(near_duplicate_seconds=30)
    yield shop
    assert_books_clean(shop.tenant.id)


def at(second: int) -> str:
    return f"2026-02-25T09:{30 + second // 60:02}:{second % 60:02}Z"


def reason(shop: Shop, event: dict[str, Any]) -> str | None:
    answer = shop.send(event)
    assert answer.status_code in {201, 202}, answer.content
    code: str | None = answer.json()["reason_code"]
    return code


def event_of(shop: Shop, **changes: Any) -> Event:
    from ledgersafe.values.exact_json import parse_object

    event = read_event(parse_object(json.dumps(shop.sale(**changes))), base_currency="USD")
    assert isinstance(event, Event)
    return event


LINES = [{"sku": "A", "qty": 1, "amount": 30}, {"sku": "B", "qty": 1, "amount": 8.5}]
TENDERS = [{"method": "CASH", "amount": 20}, {"method": "CARD", "amount": 22.5, "processor": "stripe"}]


@pytest.mark.parametrize(
    ("changes", "alike"),
    [
        ({"txn_id": "another", "cashier_id": "other", "occurred_at": at(9)}, True),
        ({"line_items": LINES[::-1], "tenders": TENDERS[::-1]}, True),
        ({"line_items": [{"sku": "A", "qty": "1.0", "amount": "30.00"}, LINES[1]]}, True),
        ({"line_items": [LINES[0], LINES[0] | {"amount": 8.5}]}, False),
        ({"line_items": [LINES[0] | {"qty": 2}, LINES[1]]}, False),
        ({"tenders": [{"method": "CASH", "amount": 42.5}]}, False),
        ({"store_id": "store-2"}, False),
        ({"register_id": "till-2"}, False),
        ({"currency": "EUR"}, False),
        ({"total_amount": 42}, False),
    ],
)
def test_a_basket_is_its_place_total_lines_and_tenders(shop: Shop, changes: dict[str, Any], alike: bool) -> None:
    assert (fingerprint_of(event_of(shop)) == fingerprint_of(event_of(shop, **changes))) is alike


def test_it_holds_the_same_basket_seconds_apart(wary: Shop) -> None:
    assert reason(wary, wary.sale("one", occurred_at=at(0))) is None
    answer = wary.send(wary.sale("two", occurred_at=at(30)))
    assert (answer.status_code, answer.json()["reason_code"]) == (202, "NEAR_DUPLICATE")
    case = wary.get(f"/v1/exceptions/{answer.json()['exception_id']}").json()["exception"]
    assert "'one'" in case["details_json"]["message"]
    assert reason(wary, wary.sale("three", occurred_at=at(31))) is None
    assert reason(wary, wary.sale("before", occurred_at="2026-02-25T09:29:31Z")) == "NEAR_DUPLICATE"
    assert wary.number("journals") == 2


def test_it_holds_nothing_where_nobody_asked_for_it(shop: Shop) -> None:
    assert [reason(shop, shop.sale(name)) for name in ("one", "two")] == [None, None]
    assert shop.number("event_baskets") == 0


def test_a_retry_is_a_retry(wary: Shop) -> None:
    event = wary.sale("one")
    assert wary.send(event).status_code == 201
    assert wary.send(event).status_code == 200
    two = wary.sale("two")
    assert reason(wary, two) == "NEAR_DUPLICATE"
    assert reason(wary, two) == "ALREADY_QUARANTINED"
    assert wary.send(event).status_code == 200


def test_only_sales_are_looked_at(wary: Shop) -> None:
    assert reason(wary, wary.sale("sold")) is None
    for name in ("one", "two"):
        assert reason(wary, about(wary, "RETURN", name, total_amount=5, method="cash")) is None
        assert reason(wary, about(wary, "CASH_DROP", f"drop-{name}", total_amount=5, references=None)) is None


def test_within_a_batch_the_first_one_is_posted(wary: Shop) -> None:
    names = ["z", "a", "z", "m"]
    events = [wary.sale(name, occurred_at=at(40 if name == "m" else 0)) for name in names]
    results = wary.post("/v1/events/batch", {"events": events}).json()["results"]
    assert [one["reason_code"] for one in results] == [None, "NEAR_DUPLICATE", None, None]
    assert [one["status"] for one in results] == [201, 202, 200, 201]


def test_a_person_posts_it_and_is_not_asked_again(wary: Shop) -> None:
    assert reason(wary, wary.sale("one")) is None
    case = wary.send(wary.sale("two")).json()["exception_id"]
    assert decide(wary, case).journal_id is not None
    case = wary.send(wary.sale("three")).json()["exception_id"]
    decide(wary, case, DecisionAction.NO_REPLAY)
    assert wary.number("journals") == 2


def test_what_was_held_is_no_basket_that_was_sold(wary: Shop) -> None:
    assert reason(wary, wary.sale("one", occurred_at=at(0))) is None
    assert reason(wary, wary.sale("two", occurred_at=at(20))) == "NEAR_DUPLICATE"
    assert reason(wary, wary.sale("three", occurred_at=at(45))) is None


def test_a_sale_after_a_voided_one_is_still_worth_a_look(wary: Shop) -> None:
    assert reason(wary, wary.sale("one")) is None
    assert reason(wary, about(wary, "VOID", "undo", "one")) is None
    assert reason(wary, wary.sale("two")) == "NEAR_DUPLICATE"


def test_corrected_instants_are_compared(wary: Shop) -> None:
    assert reason(wary, wary.sale("one", occurred_at=at(0))) is None
    far = {"HTTP_X_DEVICE_TIME": "2026-02-25T09:31:00Z"}
    assert wary.send(wary.sale("two", occurred_at=at(0)), **far).status_code == 201


def test_a_tenant_that_asks_for_it_pays_and_nobody_else(wary: Shop, shop: Shop) -> None:
    for one in (wary, shop):
        for name in ("warm", "warmer"):
            one.send(one.sale(name, occurred_at=at(90 if name == "warm" else 180)))
    with counted() as trips:
        assert wary.send(wary.sale("new", occurred_at=at(0))).status_code == 201
    assert trips.number == 5, trips.sent  # begin, look, receive, remember, commit
    with counted() as trips:
        assert shop.send(shop.sale("new", occurred_at=at(0))).status_code == 201
    assert trips.number == 1, trips.sent


@pytest.mark.parametrize(
    "attack", ["UPDATE event_baskets SET event_key = 'x'", "DELETE FROM event_baskets", "TRUNCATE event_baskets"]
)
def test_postgres_refuses_to_forget_a_basket(wary: Shop, as_owner: Any, attack: str) -> None:
    from tests.scenes.attacks import assert_refused_by

    assert reason(wary, wary.sale("one")) is None
    with assert_refused_by("event_baskets_append_only"):
        as_owner.execute(attack.encode())
    as_owner.rollback()
    with assert_refused_by("event_baskets_whole_fingerprint"):
        as_owner.execute(b"INSERT INTO event_baskets VALUES (%s, 'x', 'short', now())", [wary.tenant.id])
    as_owner.rollback()
    with assert_refused_by("tenants_near_duplicates_within_an_hour"):
        as_owner.execute(b"UPDATE tenants SET near_duplicate_seconds = 3601 WHERE id = %s", [wary.tenant.id])
