"""Devices over the API: what came, what is missing, who may explain it."""

from typing import Any

import pytest
from django.test import Client

from ledgersafe import setup
from tests.conftest import Shop, open_shop
from tests.scenes.device_numbers import explain, gaps, numbered, send_numbers, spans
from tests.scenes.staff import hire, signed_in


@pytest.fixture
def lossy(shop: Shop) -> Shop:
    """A shop whose device has lost 3 to 5 and 8."""
    send_numbers(shop, 1, 2, 6, 7, 9)
    return shop


def with_scopes(shop: Shop, *scopes: str, **bound: Any) -> dict[str, str]:
    from django.utils import timezone

    _, key = setup.create_api_key(slug=shop.slug, scopes=scopes, actor="system:test", now=timezone.now(), **bound)
    return {"HTTP_AUTHORIZATION": f"Bearer {key}"}


def test_it_lists_devices_with_what_is_missing(lossy: Shop) -> None:
    assert lossy.send(numbered(lossy, 4, "tab-2", store_id="store-9")).status_code == 201
    body = lossy.get("/v1/devices").json()
    assert body["next_cursor"] is None
    first, second = body["items"]
    assert {name: value for name, value in first.items() if name != "last_received_at"} == {
        "device_id": "tab-1", "store_id": "store-1", "first_seq": 1, "last_seq": 9, "events_seen": 5,
        "missing_ranges": 2, "missing_events": 4, "explained_events": 0,
    }  # fmt: skip
    assert (second["device_id"], second["store_id"], second["missing_events"]) == ("tab-2", "store-9", 0)


def test_lists_have_pages(lossy: Shop) -> None:
    send_numbers(lossy, 1, device="tab-2")
    one = lossy.get("/v1/devices", limit=1).json()
    two = lossy.get("/v1/devices", limit=1, cursor=one["next_cursor"]).json()
    assert [item["device_id"] for page in (one, two) for item in page["items"]] == ["tab-1", "tab-2"]
    assert two["next_cursor"] is None
    one = lossy.get("/v1/devices/tab-1/gaps", limit=1).json()
    two = lossy.get("/v1/devices/tab-1/gaps", limit=1, cursor=one["next_cursor"]).json()
    assert spans(one["items"] + two["items"]) == [(3, 5, False), (8, 8, False)]
    assert two["next_cursor"] is None


def test_it_names_what_is_missing_and_since_when(lossy: Shop) -> None:
    assert spans(gaps(lossy)) == [(3, 5, False), (8, 8, False)]
    first = gaps(lossy)[0]
    assert first["count"] == 3
    received = lossy.get("/v1/events", event_id="tab-1-6").json()["items"][0]["received_at"]
    assert first["since"] == received


def test_what_comes_late_is_not_missing_any_more(lossy: Shop) -> None:
    send_numbers(lossy, 8, 4)
    assert spans(gaps(lossy)) == [(3, 3, False), (5, 5, False)]


def test_a_store_of_a_device_is_where_it_was_seen_last(lossy: Shop) -> None:
    assert lossy.send(numbered(lossy, 8, store_id="store-2")).status_code == 201
    assert lossy.get("/v1/devices").json()["items"][0]["store_id"] == "store-2"


def test_a_gap_is_explained_in_whole_or_in_part_and_closes_all_the_same(lossy: Shop) -> None:
    answer = explain(lossy, 3, 4)
    assert answer.status_code == 201
    assert answer.json()["explained"]["reason"] == "Device replaced."
    assert spans(gaps(lossy)) == [(3, 4, True), (5, 5, False), (8, 8, False)]
    device = lossy.get("/v1/devices").json()["items"][0]
    assert (device["missing_events"], device["explained_events"]) == (4, 2)
    send_numbers(lossy, 4)
    assert spans(gaps(lossy)) == [(3, 3, True), (5, 5, False), (8, 8, False)]
    device = lossy.get("/v1/devices").json()["items"][0]
    assert (device["missing_events"], device["explained_events"]) == (3, 1)


def test_an_explanation_is_audited(lossy: Shop) -> None:
    assert explain(lossy, 8, 8, "A test before the opening.").status_code == 201
    rows = lossy.rows(
        "SELECT object_id, after, notes FROM audit_log WHERE tenant_id = %s AND action = 'pos.device_gap.explained'"
    )
    assert len(rows) == 1
    assert rows[0][0] == "tab-1"
    assert rows[0][2] == "A test before the opening."


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [(2, 4, "NOT_MISSING"), (3, 6, "NOT_MISSING"), (10, 12, "NOT_MISSING"), (3, 8, "NOT_MISSING")],
)
def test_only_what_is_missing_is_explained(lossy: Shop, first: int, last: int, code: str) -> None:
    answer = explain(lossy, first, last)
    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_what_lies_before_the_first_number_is_not_missing(shop: Shop) -> None:
    send_numbers(shop, 100, 102)
    assert spans(gaps(shop)) == [(101, 101, False)]
    assert explain(shop, 1, 99).json()["code"] == "NOT_MISSING"


def test_nothing_is_explained_twice(lossy: Shop) -> None:
    assert explain(lossy, 3, 4).status_code == 201
    for first, last in ((3, 4), (4, 5), (3, 5)):
        answer = explain(lossy, first, last)
        assert (answer.status_code, answer.json()["code"]) == (409, "ALREADY_EXPLAINED")


@pytest.mark.parametrize(
    ("first", "last", "reason", "code"),
    [
        (0, 4, "x", "INVALID_PARAMETER"),
        (5, 3, "x", "INVALID_PARAMETER"),
        (3, 2**63, "x", "INVALID_PARAMETER"),
        ("3", 4, "x", "INVALID_PARAMETER"),
        (3.5, 4, "x", "INVALID_PARAMETER"),
        (True, 4, "x", "INVALID_PARAMETER"),
        (None, None, "x", "INVALID_PARAMETER"),
        (3, 4, "", "NOTES_REQUIRED"),
        (3, 4, None, "NOTES_REQUIRED"),
        (3, 4, 7, "NOTES_REQUIRED"),
        (3, 4, "x" * 4_001, "NOTES_REQUIRED"),
        (3, 4, "card 4111 1111 1111 1111", "PAN_DETECTED"),
    ],
)
def test_a_bad_explanation_is_refused(lossy: Shop, first: Any, last: Any, reason: Any, code: str) -> None:
    answer = explain(lossy, first, last, reason)
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] == code
    assert lossy.number("device_gap_explanations") == 0


@pytest.mark.parametrize(
    "path", ["/v1/devices?cursor=x", "/v1/devices?cursor=W10", "/v1/devices/tab-1/gaps?cursor=WyJhIl0"]
)
def test_a_bad_cursor_is_refused(lossy: Shop, path: str) -> None:
    assert lossy.get(path).status_code == 400


def test_another_tenant_s_device_answers_as_an_absent_one(lossy: Shop) -> None:
    other = open_shop()
    assert other.get("/v1/devices").json()["items"] == []
    absent = other.get("/v1/devices/nobody/gaps")
    foreign = other.get("/v1/devices/tab-1/gaps")
    assert (absent.status_code, foreign.status_code) == (404, 404)
    assert absent.json()["detail"] == foreign.json()["detail"]
    assert explain(other, 3, 4).status_code == 404


@pytest.mark.parametrize("device", ["tab/7", "a/gaps", "%", "Kasse 1 ü", ".."])
def test_a_device_is_found_by_whatever_it_calls_itself(shop: Shop, device: str) -> None:
    from urllib.parse import quote

    send_numbers(shop, 1, 3, device=device)
    path = quote(device, safe="") if device != ".." else "%2E%2E"
    assert spans(gaps(shop, path)) == [(2, 2, False)]


def test_reading_takes_pos_read_and_the_whole_tenant(lossy: Shop) -> None:
    client = Client()
    for path in ("/v1/devices", "/v1/devices/tab-1/gaps"):
        assert client.get(path).status_code == 401
        assert client.get(path, **with_scopes(lossy, "events:read")).status_code == 403  # type: ignore[arg-type]
        assert client.get(path, **with_scopes(lossy, "pos:read")).status_code == 200  # type: ignore[arg-type]
        bound = with_scopes(lossy, "pos:read", store_code="store-1")
        assert client.get(path, **bound).status_code == 403  # type: ignore[arg-type]


def test_explaining_takes_admin_of_a_key(lossy: Shop) -> None:
    body = {"first_seq": 3, "last_seq": 4, "reason": "x"}
    path = "/v1/devices/tab-1/gaps/explain"
    for scopes, status in (("pos:write", "pos:read"), 403), (("admin",), 201):
        how: Any = {"content_type": "application/json", **with_scopes(lossy, *scopes)}
        assert Client().post(path, body, **how).status_code == status


@pytest.mark.parametrize(("role", "status"), [("supervisor", 201), ("operator", 403), ("auditor", 403)])
def test_of_people_supervisors_explain(lossy: Shop, role: str, status: int) -> None:
    client = signed_in(hire(role, lossy))
    body = {"first_seq": 3, "last_seq": 4, "reason": "Replaced."}
    answer = client.post("/v1/devices/tab-1/gaps/explain", body, content_type="application/json")
    assert answer.status_code == status
    assert client.get("/v1/devices").status_code == 200
