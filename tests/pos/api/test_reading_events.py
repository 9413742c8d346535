"""`GET /v1/events` and `GET /v1/events/{raw_id}`: arrivals as received, and what became of them."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Shop, open_shop
from tests.scenes.till import assert_problem, raw


def test_an_arrival_is_shown_byte_for_byte(shop: Shop) -> None:
    sent = b"  " + raw(shop.sale()) + b"\r\n"
    answer = shop.send(sent, HTTP_USER_AGENT="till/7", HTTP_COOKIE="session=1", HTTP_X_REQUEST_ID="req-1").json()
    body = shop.get(f"/v1/events/{answer['raw_id']}").json()
    assert base64.b64decode(body["raw_body_base64"], validate=True) == sent
    assert body["raw_sha256"] == hashlib.sha256(sent).hexdigest()
    assert body["payload_json"]["total_amount"] == 42.5
    for name in ("result", "reason_code", "exception_id", "journal_id"):
        assert body[name] == answer[name]
    assert body["headers"]["User-Agent"] == "till/7"
    assert body["headers"]["Content-Type"] == "application/json"
    assert not {"authorization", "cookie"} & {name.lower() for name in body["headers"]}
    assert shop.key not in str(body)
    assert body["received_at"].endswith("Z")


def test_unreadable_bytes_come_back_as_they_came(shop: Shop) -> None:
    sent = b"\x00\xff\xfe{not json"
    raw_id = assert_problem(shop.send(sent), 400)["raw_id"]
    body = shop.get(f"/v1/events/{raw_id}").json()
    assert base64.b64decode(body["raw_body_base64"]) == sent
    assert body["payload_json"] is None
    assert (body["result"], body["event_id"], body["journal_id"]) == ("rejected", None, None)


def test_the_outcome_of_an_arrival_stays_what_was_answered(shop: Shop) -> None:
    first = shop.send(shop.sale()).json()
    held = shop.send(shop.sale(reason="other")).json()
    retry = shop.send(shop.sale()).json()
    for answer in (first, held, retry):
        shown = shop.get(f"/v1/events/{answer['raw_id']}").json()
        assert {name: shown[name] for name in ("result", "reason_code", "exception_id", "journal_id")} == {
            name: answer[name] for name in ("result", "reason_code", "exception_id", "journal_id")
        }


@pytest.mark.parametrize("raw_id", ["999999999", "0", "-1", "1e3", "x", "1;", "٣", "9" * 30, "1.0", "%00", "null"])
def test_an_arrival_that_is_not_there_is_404(shop: Shop, raw_id: str) -> None:
    assert_problem(shop.get(f"/v1/events/{raw_id}"), 404, "NOT_FOUND")


def test_a_foreign_arrival_answers_exactly_as_an_absent_one(shop: Shop) -> None:
    other = open_shop()
    foreign_id = other.send(other.sale()).json()["raw_id"]
    foreign, absent = shop.get(f"/v1/events/{foreign_id}"), shop.get("/v1/events/999999999")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.content == absent.content


def test_the_list_filters_by_event_and_store(shop: Shop) -> None:
    for event_id, store in (("a", "s1"), ("b", "s2"), ("a", "s1")):
        shop.send(shop.sale(event_id, store_id=store))
    assert [row["event_id"] for row in shop.get("/v1/events").json()["items"]] == ["a", "b", "a"]
    assert [row["result"] for row in shop.get("/v1/events", event_id="a").json()["items"]] == ["duplicate", "processed"]
    assert [row["event_id"] for row in shop.get("/v1/events", store_id="s2").json()["items"]] == ["b"]
    assert shop.get("/v1/events", event_id="a", store_id="s2").json() == {"items": [], "next_cursor": None}


def test_the_list_filters_by_time_of_arrival(shop: Shop) -> None:
    before = datetime.now(UTC)
    shop.send(shop.sale())
    after = datetime.now(UTC)
    spans: list[tuple[dict[str, str], int]] = [
        ({"from": before.isoformat()}, 1),
        ({"from": after.isoformat()}, 0),
        ({"to": before.isoformat()}, 0),
        ({"to": after.isoformat()}, 1),
        ({"from": before.isoformat().replace("+00:00", "Z"), "to": after.isoformat()}, 1),
        ({"from": (before - timedelta(days=1)).date().isoformat(), "to": after.date().isoformat()}, 1),
        ({"from": (after + timedelta(days=1)).date().isoformat()}, 0),
        ({"to": (before - timedelta(days=1)).date().isoformat()}, 0),
    ]
    for span, expected in spans:
        assert len(shop.get("/v1/events", **span).json()["items"]) == expected, span


def test_pages_follow_each_other_without_gap_or_repeat(shop: Shop) -> None:
    sent = [f"e{n}" for n in range(7)]
    for event_id in sent:
        shop.send(shop.sale(event_id))
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(4):
        body = shop.get("/v1/events", limit="3", **cursor).json()
        seen += [row["event_id"] for row in body["items"]]
        shop.send(shop.sale(f"later-{len(seen)}"))  # what arrives while somebody turns pages shifts nothing
        if body["next_cursor"] is None:
            break
        cursor = {"cursor": body["next_cursor"]}
    assert seen == sent[::-1]


@pytest.mark.parametrize("limit", ["0", "501", "-1", "1.5", "x", "", "1e2", "٥", "99999999999999999999"])
def test_a_limit_outside_1_to_500_is_refused(shop: Shop, limit: str) -> None:
    assert_problem(shop.get("/v1/events", limit=limit), 400, "INVALID_PARAMETER")


@pytest.mark.parametrize("limit", ["1", "500"])
def test_the_bounds_of_limit_are_good(shop: Shop, limit: str) -> None:
    assert shop.get("/v1/events", limit=limit).status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cursor", "x"),
        ("cursor", "e30"),
        ("cursor", "WzFlNDAwXQ"),
        ("cursor", "WyJhIl0"),
        ("cursor", "WzEsMl0"),
        ("cursor", "Wy0xXQ"),
        ("cursor", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5XQ"),
        ("cursor", "ü"),
        ("from", "yesterday"),
        ("from", "2026-02-25T09:30:00"),
        ("from", "2026-02-30"),
        ("to", "9999-12-31"),
        ("to", "0001-01-01T00:00:00+23:59"),
        ("from", "\x00"),
        ("event_id", "a\x00b"),
        ("store_id", "\x00"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(shop: Shop, name: str, value: str) -> None:
    answer = shop.get("/v1/events", **{name: value})
    assert_problem(answer, 400, "INVALID_PARAMETER")


def test_items_name_what_was_read(shop: Shop) -> None:
    shop.send(shop.sale(source_event_id="src"))
    (item,) = shop.get("/v1/events").json()["items"]
    expected: dict[str, Any] = {
        "tenant_id": shop.slug,
        "store_id": "store-1",
        "source_system": "pos",
        "schema_version": "1.0",
        "occurred_at": "2026-02-25T09:30:00Z",
        "event_id": "evt-1",
        "source_event_id": "src",
        "event_type": "SALE",
        "txn_id": "txn-evt-1",
        "result": "processed",
        "reason_code": None,
        "exception_id": None,
    }
    assert {name: item[name] for name in expected} == expected
