"""`GET /v1/exceptions` and `GET /v1/exceptions/{id}`: held work, with everything needed to decide it."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import Shop, open_shop
from tests.scenes.till import assert_problem

ITEM = {
    "exception_id", "tenant_id", "raw_id", "idempotency_key", "reason_code", "status", "assigned_to", "created_at",
    "resolved_at", "replay_attempts", "last_replay_status", "amount_at_risk",
}  # fmt: skip
CASE = ITEM | {
    "details_json", "override_patch", "resolution_action", "resolution_notes", "resolution_actor", "last_replay_at",
}  # fmt: skip
KEY = {
    "tenant_id", "idempotency_key", "status", "first_raw_id", "last_raw_id", "first_seen_at", "last_seen_at",
    "processed_at", "payload_hash_first", "payload_hash_last", "last_error_code", "last_exception_id",
}  # fmt: skip
RAW = {
    "raw_id", "tenant_id", "store_id", "source_system", "schema_version", "received_at", "occurred_at", "event_id",
    "source_event_id", "event_type", "txn_id", "payload_hash", "payload_json",
}  # fmt: skip


def hold(shop: Shop, event_id: str, **changes: Any) -> dict[str, Any]:
    """Send an event that is held. :returns: the answer."""
    answer = shop.send(shop.sale(event_id, **({"event_type": "LOYALTY"} | changes)))
    assert answer.status_code == 202
    body: dict[str, Any] = answer.json()
    return body


def listed(shop: Shop, **parameters: str) -> list[str]:
    """The keys of the inbox, newest first."""
    return [item["idempotency_key"] for item in shop.get("/v1/exceptions", **parameters).json()["items"]]


def test_an_item_has_every_key_of_the_contract(shop: Shop) -> None:
    held = hold(shop, "a")
    (item,) = shop.get("/v1/exceptions").json()["items"]
    assert item.keys() >= ITEM
    expected: dict[str, Any] = {
        "exception_id": held["exception_id"],
        "tenant_id": shop.slug,
        "raw_id": held["raw_id"],
        "idempotency_key": "a",
        "reason_code": "UNKNOWN_EVENT_TYPE",
        "status": "open",
        "assigned_to": None,
        "resolved_at": None,
        "replay_attempts": 0,
        "last_replay_status": None,
        "amount_at_risk": "42.50",
    }
    assert {name: item[name] for name in expected} == expected
    assert item["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("changes", "amount"),
    [
        ({"total_amount": 42.5}, "42.50"),
        ({"total_amount": "-7.10"}, "7.10"),
        ({"total_amount": 100, "currency": "JPY"}, "100"),
        ({"total_amount": "1.5", "currency": "IQD"}, "1.500"),
        ({"total_amount": "much"}, None),
        ({"total_amount": 10**40}, None),
        ({"total_amount": 42.5, "currency": "DOGE"}, None),
        ({"total_amount": 42.5, "currency": ["USD"]}, None),
        ({"total_amount": None}, None),
    ],
)
def test_the_amount_at_risk_is_told_where_it_can_be_read(
    shop: Shop, changes: dict[str, Any], amount: str | None
) -> None:
    hold(shop, "a", **changes)
    (item,) = shop.get("/v1/exceptions").json()["items"]
    assert item["amount_at_risk"] == amount


def test_the_list_filters(shop: Shop) -> None:
    hold(shop, "a", store_id="s1")
    hold(shop, "b", store_id="s2")
    hold(shop, "c", schema_version="9")
    assert listed(shop) == ["c", "b", "a"]
    assert listed(shop, status="open") == ["c", "b", "a"]
    assert listed(shop, status="resolved") == []
    assert listed(shop, store_id="s2") == ["b"]
    assert listed(shop, reason_code="UNSUPPORTED_SCHEMA_VERSION") == ["c"]
    assert listed(shop, reason_code="CLOCK_SKEW") == []
    assert listed(shop, assigned_to="user:ann") == []
    shop.rows(
        "UPDATE exceptions SET assigned_to = 'user:ann' WHERE tenant_id = %s AND idempotency_key = 'b' RETURNING id"
    )
    assert listed(shop, assigned_to="user:ann", status="open", store_id="s2") == ["b"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "closed"), ("status", "OPEN"), ("reason_code", "WHATEVER"), ("reason_code", "ALREADY_QUARANTINED"),
        ("store_id", "\x00"), ("assigned_to", "a\x00"), ("limit", "0"), ("limit", "501"), ("limit", "x"),
        ("cursor", "x"), ("cursor", "W10"), ("cursor", "WzFd"), ("cursor", "WyJhIiwiYiJd"), ("cursor", "WzEsMl0"),
        ("cursor", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwieCJd"),
    ],
)  # fmt: skip
def test_a_parameter_that_makes_no_sense_is_refused(shop: Shop, name: str, value: str) -> None:
    assert_problem(shop.get("/v1/exceptions", **{name: value}), 400, "INVALID_PARAMETER")


def test_pages_follow_each_other_without_gap_or_repeat(shop: Shop) -> None:
    # Seven of one batch were opened at the very same instant.
    events = [shop.sale(f"e{n}", event_type="LOYALTY") for n in range(7)]
    assert shop.post("/v1/events/batch", {"events": events}).json()["counts"] == {"quarantined": 7}
    everything = listed(shop)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(4):
        body = shop.get("/v1/exceptions", limit="2", **cursor).json()
        seen += [item["idempotency_key"] for item in body["items"]]
        if body["next_cursor"] is None:
            break
        cursor = {"cursor": body["next_cursor"]}
    assert seen == everything
    assert sorted(seen) == sorted(event["event_id"] for event in events)


def test_a_case_shows_everything_the_contract_names(shop: Shop) -> None:
    first = shop.send(shop.sale("a")).json()
    second = shop.send(shop.sale("a", total_amount=43, metadata={"x~/y": 1})).json()
    body = shop.get(f"/v1/exceptions/{second['exception_id']}").json()
    assert body.keys() >= {
        "exception", "raw_event", "events_processed", "first_raw_event", "last_raw_event", "versions", "diff",
    }  # fmt: skip
    assert body["exception"].keys() >= CASE
    assert body["events_processed"].keys() >= KEY
    for name in ("raw_event", "first_raw_event", "last_raw_event"):
        assert body[name].keys() >= RAW
    assert body["exception"]["details_json"]["message"]
    assert body["first_raw_event"]["raw_id"] == first["raw_id"]
    assert body["last_raw_event"]["raw_id"] == body["raw_event"]["raw_id"] == second["raw_id"]
    assert body["raw_event"]["payload_json"] == shop.sale("a", total_amount=43, metadata={"x~/y": 1})
    key = body["events_processed"]
    assert (key["status"], key["last_error_code"]) == ("processed", "IDEMPOTENCY_CONFLICT")
    assert (key["first_raw_id"], key["last_raw_id"]) == (first["raw_id"], second["raw_id"])
    assert key["last_exception_id"] == second["exception_id"]
    assert key["payload_hash_first"] != key["payload_hash_last"]
    assert key["payload_hash_last"] == body["last_raw_event"]["payload_hash"]
    assert key["processed_at"] is not None


def test_a_case_shows_every_version_and_what_changed(shop: Shop) -> None:
    changes: list[dict[str, Any]] = [{}, {"total_amount": 43}, {"reason": "again"}]
    raw_ids = [shop.send(shop.sale("a", **change)).json()["raw_id"] for change in changes]
    case_id = shop.get("/v1/exceptions").json()["items"][0]["exception_id"]
    body = shop.get(f"/v1/exceptions/{case_id}").json()
    assert [version["first_raw_id"] for version in body["versions"]] == raw_ids
    assert [version["disposition"] for version in body["versions"]] == ["effective", "held", "held"]
    assert [version["payload_json"].get("reason") for version in body["versions"]] == [None, None, "again"]
    assert body["diff"] == [{"pointer": "/reason", "change": "added", "first": None, "last": "again"}]


def test_a_held_event_names_its_problems_by_pointer(shop: Shop) -> None:
    held = hold(shop, "a", event_type="SALE", txn_id="", total_amount="1.005", tenders=[{"method": "CASH"}])
    details = shop.get(f"/v1/exceptions/{held['exception_id']}").json()["exception"]["details_json"]
    assert {error["pointer"].split("/")[1] for error in details["errors"]} == {"txn_id", "total_amount", "tenders"}
    assert all(error["message"] for error in details["errors"])


def test_amounts_of_a_diff_are_exact(shop: Shop) -> None:
    shop.send(shop.sale("a", metadata={"n": 1, "t": True}))
    answer = shop.send(
        b'{"metadata":{"n":12345678901234567890.12345678901234567890,"t":1},"tenant_id":"'
        + shop.slug.encode()
        + b'","event_id":"a"}'
    )
    content = shop.get(f"/v1/exceptions/{answer.json()['exception_id']}").content
    assert b"12345678901234567890.1234567890123456789" in content
    assert b'{"pointer":"/metadata/t","change":"changed","first":true,"last":1}' in content


@pytest.mark.parametrize("case_id", ["x", "1", "null", str(uuid.UUID(int=0)), "%00", "0" * 31, "0" * 33, "..", "{}"])
def test_a_case_that_is_not_there_is_404(shop: Shop, case_id: str) -> None:
    assert_problem(shop.get(f"/v1/exceptions/{case_id}"), 404, "NOT_FOUND")


def test_a_foreign_case_answers_exactly_as_an_absent_one(shop: Shop) -> None:
    other = open_shop()
    foreign = shop.get(f"/v1/exceptions/{hold(other, 'a')['exception_id']}")
    absent = shop.get(f"/v1/exceptions/{uuid.uuid4()}")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.content == absent.content
    assert listed(shop) == []


@pytest.mark.parametrize("path", ["/v1/exceptions/", "/api/exceptions", "/api/exceptions/"])
def test_every_spelling_of_the_path_answers(shop: Shop, path: str) -> None:
    held = hold(shop, "a")
    assert len(shop.get(path).json()["items"]) == 1
    assert shop.get(f"{path.rstrip('/')}/{held['exception_id']}/").status_code == 200


def test_the_detail_takes_as_many_statements_for_many_versions(shop: Shop) -> None:
    numbers = []
    for event_id, versions in (("a", 2), ("b", 20)):
        answers = [shop.send(shop.sale(event_id, reason=str(n))).json() for n in range(versions)]
        with CaptureQueriesContext(connection) as captured:
            assert shop.get(f"/v1/exceptions/{answers[-1]['exception_id']}").status_code == 200
        numbers.append(len(captured))
    assert numbers[0] == numbers[1]
