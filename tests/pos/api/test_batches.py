"""`POST /v1/events/batch`: an outcome for every event, in order, and none that fails its neighbours."""

import json
import time
from collections.abc import Sequence
from typing import Any

import pytest

from ledgersafe.tenants import authentication
from tests.conftest import Shop, open_shop
from tests.scenes.till import SIX_KEYS, assert_nothing_posted, assert_problem, books, bronze, open_cases, raw

JSON, LINES = "application/json", "application/x-ndjson"


def wrap(elements: Sequence[bytes], content_type: str = JSON) -> bytes:
    """Elements as a batch of either kind, byte for byte."""
    return b'{"events":[' + b",".join(elements) + b"]}" if content_type == JSON else b"\n".join(elements) + b"\n"


def send(shop: Shop, elements: Sequence[bytes], content_type: str = JSON) -> dict[str, Any]:
    """Send a batch that is accepted as such. :returns: the answer's body."""
    answer = shop.post("/v1/events/batch", wrap(elements, content_type), content_type=content_type)
    assert answer.status_code == 200, answer.content[:500]
    body: dict[str, Any] = answer.json()
    assert len(body["results"]) == len(elements)
    assert sum(body["counts"].values()) == len(elements)
    return body


def statuses(body: dict[str, Any]) -> list[int]:
    """The status of every outcome."""
    return [outcome["status"] for outcome in body["results"]]


@pytest.mark.parametrize("content_type", [JSON, LINES, "application/ndjson", "application/jsonl; charset=utf-8"])
def test_every_event_has_its_outcome_in_order(shop: Shop, content_type: str) -> None:
    elements = [raw(shop.sale(f"e{n}")) for n in (3, 1, 2)]
    body = send(shop, elements, JSON if content_type == JSON else content_type)
    assert [outcome["idempotency_key"] for outcome in body["results"]] == ["e3", "e1", "e2"]
    assert statuses(body) == [201, 201, 201]
    assert body["counts"] == {"processed": 3}
    for outcome, element in zip(body["results"], elements, strict=True):
        assert set(SIX_KEYS) <= outcome.keys()
        assert bronze(shop, outcome["raw_id"]) == element
    assert books(shop)["SALES:USD"] == 3 * -3850


def test_json_elements_are_kept_as_they_were_spelled(shop: Shop) -> None:
    plain = raw(shop.sale("a"))
    elements = [plain, plain.replace(b": ", b" :\n\t"), plain.replace(b"42.5", b"4.25E+1"), raw(shop.sale("é"))]
    message = b'\n{ "events" : [ ' + b" ,\r\n ".join(elements) + b" ] }\n"
    body = shop.post("/v1/events/batch", message).json()
    assert statuses(body) == [201, 200, 200, 201]
    assert [bronze(shop, outcome["raw_id"]) for outcome in body["results"]] == elements


@pytest.mark.parametrize("content_type", [JSON, LINES])
def test_a_batch_tells_retries_versions_and_news_apart(shop: Shop, content_type: str) -> None:
    first, other, third = (raw(shop.sale("a", **change)) for change in ({}, {"reason": "x"}, {"reason": "y"}))
    body = send(shop, [first, first, other, other, third, first, raw(shop.sale("b"))], content_type)
    assert [(o["status"], o["reason_code"]) for o in body["results"]] == [
        (201, None),
        (200, None),
        (202, "IDEMPOTENCY_CONFLICT"),
        (202, "ALREADY_QUARANTINED"),
        (202, "IDEMPOTENCY_CONFLICT"),
        (200, None),
        (201, None),
    ]
    assert len({o["exception_id"] for o in body["results"] if o["exception_id"]}) == 1
    assert open_cases(shop) == [("a", "IDEMPOTENCY_CONFLICT")]
    assert shop.number("journals") == 2
    assert shop.number("events_raw") == 7
    assert body["counts"] == {"processed": 2, "duplicate": 2, "quarantined": 3}


def test_a_batch_answers_as_its_events_would_one_by_one(books: None) -> None:
    one, other = open_shop(), open_shop()
    one.send(one.sale("a", source_event_id="s1"))
    other.send(other.sale("a", source_event_id="s1"))
    changes: list[tuple[str, dict[str, Any]]] = [
        ("a", {"source_event_id": "s2"}),
        ("b", {"source_event_id": "s2"}),
        ("c", {"source_event_id": "s1"}),
        ("d", {"source_event_id": 1.5}),
        ("e", {"source_event_id": 1.5}),
        ("f", {"source_event_id": "s3", "event_type": "LOYALTY"}),
        ("g", {"source_event_id": "s3"}),
        ("g", {"source_event_id": "s4"}),
        ("h", {"source_event_id": "s4"}),
        ("h", {"tenant_id": "foreign"}),
    ]
    singly = [one.send(one.sale(key, **change)) for key, change in changes]
    body = send(other, [raw(other.sale(key, **change)) for key, change in changes])
    for (key, _), single, outcome in zip(changes, singly, body["results"], strict=True):
        expected = single.json().get("reason_code") or single.json().get("code")
        assert (key, outcome["status"], outcome["reason_code"]) == (key, single.status_code, expected)


POISON: list[tuple[str, bytes, str]] = [
    ("depth 33", b'{"a":' * 33 + b"1" + b"}" * 33, "TOO_DEEP"),
    ("depth 100,000 lists", b"[" * 100_000 + b"]" * 100_000, "TOO_DEEP"),
    ("depth 100,000 objects", b'{"}":' * 100_000 + b"1" + b"}" * 100_000, "TOO_DEEP"),
    ("brackets in texts", b"[" * 2_000 + b'"]\\"]"' + b"]" * 2_000, "TOO_DEEP"),
    ("NaN", b'{"event_id":"x","a":NaN}', "NUMBER_OUT_OF_RANGE"),
    ("-Infinity", b'{"event_id":"x","a":-Infinity}', "NUMBER_OUT_OF_RANGE"),
    ("1e400", b'{"event_id":"x","a":1e400}', "NUMBER_OUT_OF_RANGE"),
    ("5,000 digits", b'{"event_id":"x","a":' + b"7" * 5_000 + b"}", "NUMBER_OUT_OF_RANGE"),
    ("duplicate keys", b'{"event_id":"x","event_id":"x"}', "DUPLICATE_KEYS"),
    ("lone surrogate", b'{"event_id":"x","a":"\\ud800"}', "INVALID_ENCODING"),
    ("no object", b"[]", "NOT_AN_OBJECT"),
    ("null", b"null", "NOT_AN_OBJECT"),
    ("text", b'"x"', "NOT_AN_OBJECT"),
    ("number", b"7", "NOT_AN_OBJECT"),
    ("no id", b"{}", "EVENT_ID_UNUSABLE"),
]
POISON_LINES: list[tuple[str, bytes, str]] = [
    ("truncated", b'{"event_id":"x"', "MALFORMED_JSON"),
    ("invalid UTF-8", b'{"event_id":"\xff"}', "INVALID_ENCODING"),
    ("byte order mark", b"\xef\xbb\xbf{}", "INVALID_ENCODING"),
    ("control character", b'{"event_id":"a\tb"}', "MALFORMED_JSON"),
    ("unclosed", b"[" * 100_000, "TOO_DEEP"),
]
BOTH = [(name, body, code, kind) for name, body, code in POISON for kind in (JSON, LINES)]
BOTH += [(name, body, code, LINES) for name, body, code in POISON_LINES]


@pytest.mark.parametrize(
    ("body", "code", "content_type"), [row[1:] for row in BOTH], ids=[f"{row[0]}-{row[3][-4:]}" for row in BOTH]
)
def test_a_bad_event_never_fails_its_neighbours(shop: Shop, body: bytes, code: str, content_type: str) -> None:
    elements = [raw(shop.sale("a")), body, raw(shop.sale("b")), body]
    told = send(shop, elements, content_type)
    assert [(o["status"], o["result"]) for o in told["results"]] == [
        (201, "processed"),
        (400, "rejected"),
        (201, "processed"),
        (400, "rejected"),
    ]
    assert told["results"][1]["reason_code"] == code
    assert [bronze(shop, o["raw_id"]) for o in told["results"]] == elements
    assert shop.number("journals") == 2


def test_a_held_refused_or_foreign_event_never_fails_its_neighbours(shop: Shop) -> None:
    elements = [
        raw(shop.sale("a")),
        raw(shop.sale("b", event_type="LOYALTY")),
        raw(shop.sale("c", metadata={"card": "4111 1111 1111 1111"})),
        raw(shop.sale("d", tenant_id="somebody-else")),
        raw(shop.sale("e", total_amount="NaN")),
        raw(shop.sale("a", store_id="x\x00")),
        json.dumps(shop.sale("a") | {"store_id": 1.5}).encode(),
        raw(shop.sale("f")),
    ]
    told = send(shop, elements)
    assert statuses(told) == [201, 202, 422, 403, 202, 202, 202, 201]
    assert b"4111" not in bronze(shop, told["results"][2]["raw_id"])
    assert b"1111" in bronze(shop, told["results"][2]["raw_id"])
    assert shop.number("journals") == 2


def test_an_event_the_books_refuse_never_fails_its_neighbours(shop: Shop) -> None:
    shop.send(shop.sale("before", register_id="till-2"))
    shop.rows(
        "UPDATE accounts SET status = 'blocked' WHERE tenant_id = %s AND code LIKE 'DRAWER:%%till-2%%' RETURNING id"
    )
    told = send(shop, [raw(shop.sale("a")), raw(shop.sale("b", register_id="till-2")), raw(shop.sale("c"))])
    assert [(o["status"], o["reason_code"]) for o in told["results"]] == [
        (201, None),
        (202, "PROCESSING_FAILED"),
        (201, None),
    ]
    assert open_cases(shop) == [("b", "PROCESSING_FAILED")]
    assert shop.number("journals") == 3


def test_an_event_that_is_too_large_is_refused_alone_and_not_kept(shop: Shop) -> None:
    large = raw(shop.sale("large")).ljust(1024 * 1024 + 1)
    fitting = raw(shop.sale("fits", reason="x" * 2_000))
    told = send(shop, [raw(shop.sale("a")), large, fitting], LINES)
    assert statuses(told) == [201, 413, 201]
    assert told["results"][1]["raw_id"] is None
    assert set(SIX_KEYS) <= told["results"][1].keys()
    assert shop.number("events_raw") == 2


@pytest.mark.parametrize("content_type", [JSON, LINES])
def test_a_thousand_events_are_good_and_one_more_is_not(shop: Shop, content_type: str) -> None:
    elements = [raw(shop.sale(f"e{n}")) for n in range(1_001)]
    told = send(shop, elements[:1_000], content_type)
    assert told["counts"] == {"processed": 1_000}
    assert [o["idempotency_key"] for o in told["results"]] == [f"e{n}" for n in range(1_000)]
    assert shop.number("journals") == 1_000
    message = wrap(elements, content_type)
    refused = shop.post("/v1/events/batch", message, content_type=content_type)
    assert bronze(shop, assert_problem(refused, 400, "BATCH_TOO_LARGE")["raw_id"]) == message
    assert shop.number("journals") == 1_000


@pytest.mark.parametrize(
    "message",
    [
        b"", b" ", b"{", b"{}", b"[]", b"null", b'"events"', b'{"events":null}', b'{"events":{}}', b'{"events":"x"}',
        b'{"events":7}', b'{"event":[]}', b'{"events":[],"events":[]}', b'{"events":[],"\\u0065vents":[]}',
        b'{"events":[1,]}', b'{"events":[,]}', b'{"events":[]', b'{"events":[{}}', b'{"events":[]}x',
        b'{"events":[]}{}',
        b'{"events":[],}', b'{"a":1 "events":[]}', b'{events:[]}', b'{"events" []}', b'\xff{"events":[]}',
        b'\xef\xbb\xbf{"events":[]}', b'{7:1,"events":[]}', b'{[]:1,"events":[]}', b'[' * 100_000,
        b'{"events":' + b"[" * 100_000, b'{"a":' * 100_000,
    ],
)  # fmt: skip
def test_a_body_that_is_no_batch_is_refused_as_a_whole_and_kept(shop: Shop, message: bytes) -> None:
    answer = shop.post("/v1/events/batch", message, CONTENT_TYPE=JSON)
    assert bronze(shop, assert_problem(answer, 400)["raw_id"]) == message
    assert shop.number("events_raw") == 1
    assert_nothing_posted(shop)


def test_members_around_the_events_change_nothing(shop: Shop) -> None:
    event = raw(shop.sale())
    message = b'{"device":{"id":[7,1e400]},"x":NaN,"events":[' + event + b'],"events2":[1],"sent_at":"now"}'
    told = shop.post("/v1/events/batch", message).json()
    assert statuses(told) == [201]
    assert bronze(shop, told["results"][0]["raw_id"]) == event


@pytest.mark.parametrize(
    ("message", "content_type"), [(b'{"events": []}', JSON), (b"", LINES), (b"\n \r\n\t\n", LINES)]
)
def test_an_empty_batch_has_no_outcomes(shop: Shop, message: bytes, content_type: str) -> None:
    answer = shop.post("/v1/events/batch", message, CONTENT_TYPE=content_type)
    assert answer.status_code == 200
    assert answer.json() == {"results": [], "counts": {}}


def test_blank_lines_and_carriage_returns_are_no_events(shop: Shop) -> None:
    one, two = raw(shop.sale("a")), raw(shop.sale("b"))
    told = shop.post("/v1/events/batch", b"\n\n" + one + b"\r\n\n \t\r\n" + two, content_type=LINES).json()
    assert statuses(told) == [201, 201]
    assert bronze(shop, told["results"][0]["raw_id"]).rstrip(b"\r") == one
    assert bronze(shop, told["results"][1]["raw_id"]) == two


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "text/csv"])
def test_another_media_type_is_refused_and_kept(shop: Shop, content_type: str) -> None:
    message = wrap([raw(shop.sale())])
    answer = shop.client.generic("POST", "/v1/events/batch", message, content_type=content_type, **shop.auth)  # type: ignore[arg-type]
    assert bronze(shop, assert_problem(answer, 415)["raw_id"]) == message


@pytest.mark.parametrize(
    "elements", [[], [b'{"a":"' + b"x" * 1024 * 1024 + b'"}']], ids=["empty", "only too large ones"]
)
def test_a_revoked_key_gets_401_whatever_is_in_the_batch(shop: Shop, elements: list[bytes]) -> None:
    assert authentication.authenticate(shop.key, fresh=False)
    shop.rows("UPDATE api_keys SET revoked_at = now() WHERE tenant_id = %s RETURNING id")
    assert_problem(shop.post("/v1/events/batch", wrap(elements)), 401, "NOT_AUTHENTICATED")


@pytest.mark.parametrize("path", ["/v1/events/batch/", "/api/events/batch", "/api/events/batch/"])
def test_every_spelling_of_the_path_answers_without_redirect(shop: Shop, path: str) -> None:
    assert shop.post(path, wrap([raw(shop.sale())])).status_code == 200


HOSTILE: list[tuple[str, bytes]] = [
    ("an unending text below deep lists", b'{"events":[' + b"[" * 5_000 + b'"' + b'\\"' * 20_000),
    ("quotes below deep lists", b'{"events":[' + b"[" * 5_000 + b'"\\' * 20_000),
    ("many deep elements", b'{"events":[' + b",".join([b"[" * 5_000 + b"]" * 5_000] * 100) + b"]}"),
]


@pytest.mark.parametrize("message", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_batch_is_answered_before_anybody_waits(shop: Shop, message: bytes) -> None:
    started = time.process_time()
    assert shop.post("/v1/events/batch", message).status_code in {200, 400}
    # A quadratic reader takes ten times as long for these, and days for the sixteen mebibytes a batch may have.
    assert time.process_time() - started < 2
