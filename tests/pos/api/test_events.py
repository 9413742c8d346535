"""`POST /v1/events`: the answers of the contract's gate table, row by row."""

from typing import Any

import pytest

from tests.conftest import Shop, open_shop
from tests.scenes.till import (
    SALE_OF_4250,
    assert_answer,
    assert_kept,
    assert_nothing_posted,
    assert_problem,
    books,
    gate,
    open_cases,
    raw,
)


def test_it_posts_a_new_sale_once(shop: Shop) -> None:
    answer = shop.send(shop.sale())
    body = assert_answer(answer, 201, "processed")
    assert body["tenant_id"] == shop.slug
    assert body["idempotency_key"] == "evt-1"
    assert books(shop) == SALE_OF_4250
    assert gate(shop, "evt-1") == ("processed", 1, "", body["journal_id"])
    again = assert_answer(shop.send(shop.sale()), 200, "duplicate")
    assert again["journal_id"] == body["journal_id"]
    assert again["raw_id"] > body["raw_id"]
    assert books(shop) == SALE_OF_4250
    assert shop.number("journals") == 1
    assert shop.number("events_raw") == 2
    assert gate(shop, "evt-1") == ("processed", 2, "", body["journal_id"])


def test_it_keeps_every_arrival_byte_for_byte(shop: Shop) -> None:
    plain = raw(shop.sale())
    spelled = [plain, b" \r\n\t" + plain + b"\n", plain.replace(b"42.5", b"4.250e1"), plain.replace(b"A", b"\\u0041")]
    assert [shop.send(body).status_code for body in spelled] == [201, 200, 200, 200]
    kept = shop.rows("SELECT raw_body FROM events_raw WHERE tenant_id = %s ORDER BY id")
    assert [bytes(body) for (body,) in kept] == spelled


def test_it_holds_a_new_version_of_a_posted_event_and_keeps_the_first_posted(shop: Shop) -> None:
    first = assert_answer(shop.send(shop.sale()), 201, "processed")
    second = shop.sale(total_amount=42.6, tenders=None, line_items=None, tax_lines=None)
    held = assert_answer(shop.send(second), 202, "quarantined", "IDEMPOTENCY_CONFLICT")
    assert held["journal_id"] is None
    # posted, exception open | effective version
    assert_answer(shop.send(shop.sale()), 200, "duplicate")
    # posted, exception open | the held version again
    again = assert_answer(shop.send(second), 202, "quarantined", "ALREADY_QUARANTINED")
    assert again["exception_id"] == held["exception_id"]
    # posted, exception open | a third version
    third = assert_answer(shop.send(shop.sale(reason="third")), 202, "quarantined", "IDEMPOTENCY_CONFLICT")
    assert third["exception_id"] == held["exception_id"]
    assert_answer(shop.send(shop.sale(reason="third")), 202, "quarantined", "ALREADY_QUARANTINED")
    assert open_cases(shop) == [("evt-1", "IDEMPOTENCY_CONFLICT")]
    assert books(shop) == SALE_OF_4250
    status, arrivals, _, journal = gate(shop, "evt-1") or ()
    assert (status, arrivals, journal) == ("processed", 6, first["journal_id"])
    assert shop.number("events_raw") == 6
    assert shop.number("event_versions") == 2


def test_it_holds_a_doubtful_event_and_every_version_that_follows(shop: Shop) -> None:
    held = assert_answer(shop.send(shop.sale(event_type="LOYALTY")), 202, "quarantined", "UNKNOWN_EVENT_TYPE")
    again = assert_answer(shop.send(shop.sale(event_type="LOYALTY")), 202, "quarantined", "ALREADY_QUARANTINED")
    other = assert_answer(shop.send(shop.sale()), 202, "quarantined", "IDEMPOTENCY_CONFLICT")
    once_more = assert_answer(shop.send(shop.sale()), 202, "quarantined", "ALREADY_QUARANTINED")
    assert {again["exception_id"], other["exception_id"], once_more["exception_id"]} == {held["exception_id"]}
    assert open_cases(shop) == [("evt-1", "UNKNOWN_EVENT_TYPE")]
    assert (gate(shop, "evt-1") or ())[:2] == ("quarantined", 4)
    assert_nothing_posted(shop)


HOLDS: list[tuple[str, dict[str, Any]]] = [
    ("UNKNOWN_EVENT_TYPE", {"event_type": "COFFEE_BREAK"}),
    ("UNKNOWN_EVENT_TYPE", {"event_type": "sale"}),
    ("SCHEMA_VALIDATION_FAILED", {"store_id": None}),
    ("SCHEMA_VALIDATION_FAILED", {"txn_id": ""}),
    ("SCHEMA_VALIDATION_FAILED", {"tenders": {"method": "CASH"}}),
    ("SCHEMA_VALIDATION_FAILED", {"tenders": [{"method": "SHELLS", "amount": 42.5}]}),
    ("UNSUPPORTED_SCHEMA_VERSION", {"schema_version": "2.0"}),
    ("TOTALS_MISMATCH", {"total_amount": 42.49}),
    ("TOTALS_MISMATCH", {"tenders": [{"method": "CASH", "amount": 42.49}]}),
    ("SIGN_MISMATCH", {"total_amount": -42.5, "line_items": None, "tenders": None, "tax_lines": None}),
    ("UNKNOWN_CURRENCY", {"currency": "DOGE"}),
    ("UNKNOWN_CURRENCY", {"currency": "XAU"}),
    ("UNKNOWN_CURRENCY", {"tenders": [{"method": "CASH", "amount": 42.5, "currency": "EUR"}]}),
    ("CLOCK_SKEW", {"occurred_at": "2199-01-01T00:00:00Z"}),
    ("MISSING_REFERENCE", {"event_type": "RETURN"}),
]


@pytest.mark.parametrize(("reason", "changes"), HOLDS)
def test_it_holds_what_is_doubtful_under_its_reason(shop: Shop, reason: str, changes: dict[str, Any]) -> None:
    sent = raw(shop.sale(**changes))
    answer = shop.send(sent)
    assert_answer(answer, 202, "quarantined", reason)
    assert_kept(shop, answer, sent)
    assert (gate(shop, "evt-1") or ())[:3] == ("quarantined", 1, reason)
    assert open_cases(shop) == [("evt-1", reason)]
    assert_nothing_posted(shop)


def test_it_holds_another_event_of_the_same_source_event_id(shop: Shop) -> None:
    assert_answer(shop.send(shop.sale("a", source_event_id="src-1")), 201, "processed")
    body = assert_answer(
        shop.send(shop.sale("b", source_event_id="src-1")), 202, "quarantined", "DUPLICATE_SOURCE_EVENT_ID"
    )
    again = assert_answer(shop.send(shop.sale("b", source_event_id="src-1")), 202, "quarantined", "ALREADY_QUARANTINED")
    assert again["exception_id"] == body["exception_id"]
    assert_answer(shop.send(shop.sale("c", source_event_id="src-1", source_system="other")), 201, "processed")
    assert shop.number("journals") == 2


def test_it_holds_what_a_blocked_account_refuses_and_keeps_the_arrival(shop: Shop) -> None:
    assert_answer(shop.send(shop.sale("a")), 201, "processed")
    shop.rows("UPDATE accounts SET status = 'blocked' WHERE tenant_id = %s AND role = 'SALES' RETURNING id")
    sent = raw(shop.sale("b"))
    answer = shop.send(sent)
    assert_answer(answer, 202, "quarantined", "PROCESSING_FAILED")
    assert_kept(shop, answer, sent)
    assert (gate(shop, "b") or ())[:3] == ("quarantined", 1, "PROCESSING_FAILED")
    assert books(shop) == SALE_OF_4250
    ((risk,),) = shop.rows("SELECT amount_at_risk_minor FROM exceptions WHERE tenant_id = %s")
    assert risk == 4250


def test_a_strict_tenant_holds_events_of_stores_nobody_created(books: None) -> None:
    shop = open_shop(strict_stores=True)
    assert_answer(shop.send(shop.sale()), 202, "quarantined", "UNKNOWN_STORE")
    assert shop.number("stores") == 0
    assert_nothing_posted(shop)


def test_a_lenient_tenant_registers_store_and_register_by_their_first_event(shop: Shop) -> None:
    shop.send(shop.sale())
    places = shop.rows(
        "SELECT s.code, r.code FROM stores s JOIN registers r ON r.store_id = s.id WHERE s.tenant_id = %s"
    )
    assert places == [("store-1", "till-1")]


def test_a_type_that_is_switched_off_is_unknown(shop: Shop) -> None:
    shop.rows("UPDATE tenants SET enabled_event_types = '{SALE}' WHERE id = %s RETURNING id")
    assert_answer(shop.send(shop.sale()), 201, "processed")
    no_sale = {"event_type": "NO_SALE", "total_amount": None, "line_items": None, "tenders": None, "tax_lines": None}
    assert_answer(shop.send(shop.sale("n", **no_sale)), 202, "quarantined", "UNKNOWN_EVENT_TYPE")


def test_switching_a_type_off_counts_for_the_next_event(shop: Shop) -> None:
    assert_answer(shop.send(shop.sale("a")), 201, "processed")
    shop.rows("UPDATE tenants SET enabled_event_types = '{NO_SALE}' WHERE id = %s RETURNING id")
    assert_answer(shop.send(shop.sale("b")), 202, "quarantined", "UNKNOWN_EVENT_TYPE")


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/", "/api/events", "/api/events/"])
def test_every_spelling_of_the_path_answers_without_redirect(shop: Shop, path: str) -> None:
    assert_answer(shop.post(path, shop.sale()), 201, "processed")
    assert shop.get(path).json()["items"][0]["event_id"] == "evt-1"


def test_the_same_event_id_of_two_tenants_are_two_events(shop: Shop) -> None:
    other = open_shop()
    assert_answer(shop.send(shop.sale()), 201, "processed")
    assert_answer(other.send(other.sale()), 201, "processed")
    assert shop.number("journals") == other.number("journals") == 1


def test_a_foreign_tenant_in_the_body_is_refused_and_kept(shop: Shop) -> None:
    other = open_shop()
    sent = raw(shop.sale(tenant_id=other.slug))
    answer = shop.send(sent)
    assert_problem(answer, 403, "TENANT_MISMATCH")
    assert_kept(shop, answer, sent)
    assert gate(shop, "evt-1") is None
    assert other.number("events_raw") == 0
    # The id is still free for the event as it should have been.
    assert_answer(shop.send(shop.sale()), 201, "processed")
