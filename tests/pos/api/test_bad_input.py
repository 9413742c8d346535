"""Bad input never fails the server: refused with a reason or held, and in bronze byte for byte either way."""

import io
import json
import time
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Shop
from tests.scenes.till import assert_answer, assert_kept, assert_nothing_posted, assert_problem, gate, raw


def nested(depth: int, kind: str) -> bytes:
    """A JSON value of so many levels, the outermost an object."""
    inner = depth - 1
    if kind == "arrays":
        return b'{"a":' + b"[" * inner + b"1" + b"]" * inner + b"}"
    return b'{"a":' * inner + b"{}" + b"}" * inner


def sale_with(shop: Shop, name: str, literal: str) -> bytes:
    """The good sale with one member written literally."""
    return json.dumps(shop.sale() | {name: "@@"}).replace('"@@"', literal).encode()


UNREADABLE: list[tuple[str, bytes, str]] = [
    ("empty", b"", "MALFORMED_JSON"),
    ("white space", b" \n\t", "MALFORMED_JSON"),
    ("truncated", b'{"event_id": "evt-1", "store', "MALFORMED_JSON"),
    ("list", b"[]", "NOT_AN_OBJECT"),
    ("null", b"null", "NOT_AN_OBJECT"),
    ("text", b'"x"', "NOT_AN_OBJECT"),
    ("number", b"42", "NOT_AN_OBJECT"),
    ("huge number", b"9" * 5_000, "NUMBER_OUT_OF_RANGE"),
    ("two documents", b"{}{}", "MALFORMED_JSON"),
    ("trailing comma", b'{"a":1,}', "MALFORMED_JSON"),
    ("single quotes", b"{'a':1}", "MALFORMED_JSON"),
    ("comment", b'{"a":1 /* x */}', "MALFORMED_JSON"),
    ("raw control character", b'{"event_id":"a\nb"}', "MALFORMED_JSON"),
    ("duplicate keys", b'{"event_id":"a","event_id":"a"}', "DUPLICATE_KEYS"),
    ("duplicate keys by escape", b'{"event_id":"a","\\u0065vent_id":"a"}', "DUPLICATE_KEYS"),
    ("duplicate keys nested", b'{"event_id":"a","metadata":{"x":[{"k":1,"k":1}]}}', "DUPLICATE_KEYS"),
    ("duplicate nul keys", b'{"\\u0000":1,"\\u0000":2}', "DUPLICATE_KEYS"),
    ("depth 33 arrays", nested(33, "arrays"), "TOO_DEEP"),
    ("depth 33 objects", nested(33, "objects"), "TOO_DEEP"),
    ("depth 100,000 arrays", nested(100_000, "arrays"), "TOO_DEEP"),
    ("depth 100,000 objects", nested(100_000, "objects"), "TOO_DEEP"),
    ("depth 100,000 unclosed", b"[" * 100_000, "TOO_DEEP"),
    ("NaN", b'{"total_amount":NaN}', "NUMBER_OUT_OF_RANGE"),
    ("Infinity", b'{"total_amount":Infinity}', "NUMBER_OUT_OF_RANGE"),
    ("-Infinity", b'{"metadata":[-Infinity]}', "NUMBER_OUT_OF_RANGE"),
    ("1e400", b'{"total_amount":1e400}', "NUMBER_OUT_OF_RANGE"),
    ("-1e400", b'{"total_amount":-1e400}', "NUMBER_OUT_OF_RANGE"),
    ("1e-400", b'{"total_amount":1e-400}', "NUMBER_OUT_OF_RANGE"),
    ("1e999999999999999999999", b'{"x":1e999999999999999999999}', "NUMBER_OUT_OF_RANGE"),
    ("5,000 digits", b'{"x":' + b"9" * 5_000 + b"}", "NUMBER_OUT_OF_RANGE"),
    ("5,000 decimals", b'{"x":0.' + b"9" * 5_000 + b"}", "NUMBER_OUT_OF_RANGE"),
    ("894 bytes of 1e131071", b'{"x":[' + b",".join([b"1e131071"] * 90) + b"]}", "NUMBER_OUT_OF_RANGE"),
    ("leading zero", b'{"x":007}', "MALFORMED_JSON"),
    ("plus sign", b'{"x":+1}', "MALFORMED_JSON"),
    ("hexadecimal", b'{"x":0x10}', "MALFORMED_JSON"),
    ("lone surrogate", b'{"event_id":"a","x":"\\ud800"}', "INVALID_ENCODING"),
    ("lone surrogate key", b'{"event_id":"a","\\uDC00":1}', "INVALID_ENCODING"),
    ("surrogates the wrong way round", b'{"x":"\\udc00\\ud800"}', "INVALID_ENCODING"),
    ("invalid UTF-8", b'{"event_id":"\xff"}', "INVALID_ENCODING"),
    ("overlong UTF-8", b'{"event_id":"\xc0\xaf"}', "INVALID_ENCODING"),
    ("UTF-8 surrogate", b'{"event_id":"\xed\xa0\x80"}', "INVALID_ENCODING"),
    ("byte order mark", b"\xef\xbb\xbf{}", "INVALID_ENCODING"),
    ("UTF-16", '{"event_id":"a"}'.encode("utf-16"), "INVALID_ENCODING"),
    ("UTF-16 without mark", '{"event_id":"a"}'.encode("utf-16-le"), "MALFORMED_JSON"),
    ("UTF-32", '{"event_id":"a"}'.encode("utf-32"), "INVALID_ENCODING"),
    ("gzip", b"\x1f\x8b\x08\x00\x00", "INVALID_ENCODING"),
    ("form", b"event_id=evt-1&total_amount=1", "MALFORMED_JSON"),
    ("bytes", bytes(range(256)), "INVALID_ENCODING"),
    ("nothing in it", b"{}", "EVENT_ID_UNUSABLE"),
]


@pytest.mark.parametrize(("body", "code"), [row[1:] for row in UNREADABLE], ids=[row[0] for row in UNREADABLE])
def test_a_body_that_cannot_be_read_is_refused_and_kept(shop: Shop, body: bytes, code: str) -> None:
    answer = shop.send(body, CONTENT_TYPE="application/json")  # Django's client names no type for an empty body
    problem = assert_problem(answer, 400, code)
    assert len(problem["detail"]) < 300
    assert_kept(shop, answer, body)
    assert shop.number("events_processed") == 0
    assert_nothing_posted(shop)


@pytest.mark.parametrize("kind", ["arrays", "objects"])
def test_depth_32_is_good(shop: Shop, kind: str) -> None:
    deep = json.loads(nested(31, kind))
    assert_answer(shop.send(shop.sale(metadata=deep)), 201, "processed")


@pytest.mark.parametrize(
    "event_id",
    [
        "", " ", "\t", "a\x00b", "\x00", "a\nb", "\x7f", "\x85", "a\u200bb", "\u200d", "\ufeff", "\u202eevil", "\u2066",
        "\u2028", "\u00ad", "\u2060", "x" * 201, "\U000e0041", "\ue000", "\u0378", "\u00a0", None, 7, 7.5, True, [], {},
    ],
)  # fmt: skip
def test_an_event_id_that_cannot_be_used_is_refused_and_kept(shop: Shop, event_id: Any) -> None:
    sent = raw(shop.sale() | {"event_id": event_id})
    answer = shop.send(sent)
    assert_problem(answer, 400, "EVENT_ID_UNUSABLE")
    assert_kept(shop, answer, sent)
    assert shop.number("events_processed") == 0


@pytest.mark.parametrize(
    "event_id", ["x" * 200, "é" * 200, "😀" * 200, "a b", "a/b?c=d&e#f", "'; DROP TABLE--", "%s{}"]
)
def test_an_event_id_may_be_any_printable_text(shop: Shop, event_id: str) -> None:
    event = shop.sale(event_id, txn_id="t")
    assert assert_answer(shop.send(event), 201, "processed")["idempotency_key"] == event_id
    assert_answer(shop.send(event), 200, "duplicate")
    assert shop.get("/v1/events", event_id=event_id).json()["items"][0]["event_id"] == event_id


ILL_IDS = ["", " ", "a\x00b", "a\u200bb", "\u202ea", "x" * 201, 7, 1.5, True, [], {}]


@pytest.mark.parametrize("value", ILL_IDS)
@pytest.mark.parametrize("name", ["store_id", "source_system", "txn_id", "source_event_id", "register_id"])
def test_another_id_that_cannot_be_used_is_held(shop: Shop, name: str, value: Any) -> None:
    sent = raw(shop.sale(**{name: value}))
    answer = shop.send(sent)
    assert_answer(answer, 202, "quarantined", "SCHEMA_VALIDATION_FAILED")
    assert_kept(shop, answer, sent)
    assert_nothing_posted(shop)


@pytest.mark.parametrize("value", ILL_IDS)
@pytest.mark.parametrize("name", ["store_id", "source_system", "txn_id", "source_event_id", "register_id", "currency"])
def test_a_second_version_may_be_as_bad_as_it_likes(shop: Shop, name: str, value: Any) -> None:
    assert_answer(shop.send(shop.sale()), 201, "processed")
    sent = raw(shop.sale(**{name: value}))
    answer = shop.send(sent)
    assert_answer(answer, 202, "quarantined", "IDEMPOTENCY_CONFLICT")
    assert_kept(shop, answer, sent)


@pytest.mark.parametrize("version", [1, 1.0, 1.5, 2, True, [], {}, ""])
def test_a_schema_version_that_is_no_text_is_held_as_such(shop: Shop, version: Any) -> None:
    answer = shop.send(shop.sale(schema_version=version))
    assert_answer(answer, 202, "quarantined", "SCHEMA_VALIDATION_FAILED")


@pytest.mark.parametrize("version", ["2.0", "0.9", "1.x", "v2", "1.0.0.0", "١.0", "a\x00b"])
def test_a_schema_version_that_is_not_known_is_held_as_such(shop: Shop, version: str) -> None:
    answer = shop.send(shop.sale(schema_version=version))
    assert answer.status_code == 202
    assert answer.json()["reason_code"] in {"UNSUPPORTED_SCHEMA_VERSION", "SCHEMA_VALIDATION_FAILED"}


@pytest.mark.parametrize(
    "instant",
    [
        "2026-02-25T09:30:00", "2026-02-25", "09:30:00Z", "2026-02-30T09:30:00Z", "2026-02-29T09:30:00Z",
        "2026-13-01T00:00:00Z", "2026-00-10T00:00:00Z", "2026-02-25T25:00:00Z", "2026-02-25T24:00:00Z",
        "2026-02-25T09:60:00Z", "2026-02-25T09:30:60Z", "2026-02-25T09:30:61Z", "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "2026-02-25T09:30:00+24:00",
        "2026-02-25T09:30:00+05:60", "2026-02-25T09:30:00-00:99", "2026-02-25T09:30:00+5", "2026-02-25T09:30:00 Z",
        "2026-02-25 09:30:00Z", "2026-02-25T09:30:00,5Z", "2026-02-25T09:30:00.Z", "2026-02-25T09:30Z",
        "20260225T093000Z", "2026-W09-3T09:30:00Z", "٢٠٢٦-02-25T09:30:00Z", "２０２６-02-25T09:30:00Z",
        " 2026-02-25T09:30:00Z",
        "2026-02-25T09:30:00Z\n", "2026-02-25T09:30:00\x00Z", "now", "", 1772011800, 1.5, None, True, [], {},
    ],
)  # fmt: skip
def test_an_instant_that_does_not_exist_is_held(shop: Shop, instant: Any) -> None:
    sent = raw(shop.sale() | {"occurred_at": instant})
    answer = shop.send(sent)
    assert_answer(answer, 202, "quarantined", "SCHEMA_VALIDATION_FAILED")
    assert_kept(shop, answer, sent)
    assert_nothing_posted(shop)


@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59Z", "9999-12-31T00:00:00Z", "0001-01-01T00:00:00Z"])
def test_an_instant_at_the_end_of_time_is_a_wrong_clock(shop: Shop, instant: str) -> None:
    assert_answer(shop.send(shop.sale(occurred_at=instant)), 202, "quarantined", "CLOCK_SKEW")


ILL_AMOUNTS = [
    '"1e3"', '"1_000"', '" 5"', '"5 "', '"+5"', '"5."', '".5"', '"1,000"', '"0x10"', '"NaN"', '"Infinity"',
    '"-Infinity"',
    '""', '"٤٢"', '"４２"', '"42.５"', '"5\\u0000"', '"\\u20095"', '"--5"', "true", "false", "[]", "{}", "[5]",
    "1e30", '"1000000000000000000000000000000"', "1000000000000000000000000000000", "1e16", "42.505", '"42.505"',
    "1e-3",
    "42.5000000000000000000000000000000000001", '"42.50000000000000000000001"', "1.00000000000000000000000000001",
    '"123456789012.000000000000000000001"', '"9999999999999.99999999999999999999"', '"42.50\\n"',
]  # fmt: skip


@pytest.mark.parametrize("literal", ILL_AMOUNTS)
def test_an_amount_that_is_not_exact_is_held_never_rounded(shop: Shop, literal: str) -> None:
    changes: dict[str, Any] = {"line_items": None, "tenders": None, "tax_lines": None, "total_amount": "@@"}
    sent = json.dumps(shop.sale(**changes)).replace('"@@"', literal).encode()
    answer = shop.send(sent)
    assert_answer(answer, 202, "quarantined", "SCHEMA_VALIDATION_FAILED")
    assert_kept(shop, answer, sent)
    assert_nothing_posted(shop)


@pytest.mark.parametrize(
    ("currency", "amount"), [("JPY", 100.5), ("JPY", "100.5"), ("USD", 1.005), ("USD", "1.005"), ("IQD", "1.0001")]
)
def test_more_decimals_than_the_currency_has_are_held(shop: Shop, currency: str, amount: Any) -> None:
    changes: dict[str, Any] = {"line_items": None, "tenders": None, "tax_lines": None}
    answer = shop.send(shop.sale(currency=currency, total_amount=amount, **changes))
    assert_answer(answer, 202, "quarantined", "SCHEMA_VALIDATION_FAILED")


@pytest.mark.parametrize("name", ["line_items", "tenders", "tax_lines", "discounts", "tips", "service_charges"])
@pytest.mark.parametrize("value", ["x", 7, 1.5, True, {}, [None], [7], ["x"], [[]], [{}], [{"amount": "x"}]])
def test_a_list_of_the_wrong_shape_is_held(shop: Shop, name: str, value: Any) -> None:
    answer = shop.send(shop.sale(**{name: value}))
    assert_answer(answer, 202, "quarantined", "SCHEMA_VALIDATION_FAILED")
    assert_nothing_posted(shop)


def test_nul_in_keys_and_values_of_unknown_fields_is_kept(shop: Shop) -> None:
    sent = raw(shop.sale(metadata={"a\x00b": "c\x00d", "\x00": ["\x00"]}))
    answer = shop.send(sent)
    assert_answer(answer, 201, "processed")
    assert_kept(shop, answer, sent)
    shown = shop.get(f"/v1/events/{answer.json()['raw_id']}").json()
    assert shown["payload_json"]["metadata"] == {"a\x00b": "c\x00d", "\x00": ["\x00"]}


def test_numbers_of_unknown_fields_keep_every_digit(shop: Shop) -> None:
    literal = '{"big":12345678901234567890123456789,"small":0.1000000000000000000000000000001,"e":1e300}'
    answer = shop.send(sale_with(shop, "metadata", literal))
    assert_answer(answer, 201, "processed")
    shown = shop.get(f"/v1/events/{answer.json()['raw_id']}").content
    assert b"12345678901234567890123456789" in shown
    assert b"0.1000000000000000000000000000001" in shown


MEDIA_TYPES: list[str] = [
    "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "", "application/xml",
    "application/json; charset=utf-16", "application/json; charset=latin-1", "application/x-ndjson", "json", ";",
    "application/json-patch+json", "*/*",
]  # fmt: skip


@pytest.mark.parametrize("content_type", MEDIA_TYPES)
def test_a_media_type_that_is_not_json_is_refused_and_kept(shop: Shop, content_type: str) -> None:
    sent = raw(shop.sale())
    # Not `send`: Django's `post` would translate the body into the charset.
    answer = shop.client.generic("POST", "/v1/events", sent, content_type=content_type, **shop.auth)  # type: ignore[arg-type]
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")
    assert_kept(shop, answer, sent)
    assert gate(shop, "evt-1") is None


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", "application/json;charset=UTF-8", 'application/json; charset="utf-8"'],
)
def test_json_in_utf_8_is_good_however_it_is_named(shop: Shop, content_type: str) -> None:
    assert_answer(shop.send(shop.sale(), content_type=content_type), 201, "processed")


def test_one_mebibyte_is_good_and_one_byte_more_is_not_even_read(shop: Shop) -> None:
    sent = raw(shop.sale())
    padded = sent + b" " * (1024 * 1024 - len(sent))
    answer = shop.send(padded)
    assert_answer(answer, 201, "processed")
    assert_kept(shop, answer, padded)
    refused = shop.send(padded + b" ")
    assert "raw_id" not in assert_problem(refused, 413, "TOO_LARGE")
    assert shop.number("events_raw") == 1


@pytest.mark.parametrize(("size", "status"), [(1024 * 1024, 201), (1024 * 1024 + 1, 413)])
def test_a_chunked_body_has_the_same_limit(shop: Shop, size: int, status: int) -> None:
    sent = raw(shop.sale()).ljust(size)
    chunked = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "wsgi.input": io.BytesIO(sent)}
    assert shop.send(sent, **chunked).status_code == status


@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/batch", "/v1/events/1", "/v1/exceptions", "/v1/health"])
@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_a_wrong_method_is_a_405_that_says_what_is_allowed(shop: Shop, path: str, method: str) -> None:
    answer = getattr(Client(), method)(path, **shop.auth)
    assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert answer.headers["Allow"]
    assert shop.number("events_raw") == 0


HOSTILE: list[tuple[str, bytes]] = [
    ("many keys, the last one twice", b"{" + b",".join(b'"k%d":1' % n for n in range(30_000)) + b',"z":1,"z":2}'),
    ("half a mebibyte of brackets", b"[" * 500_000),
    ("brackets that close", b"[" * 500_000 + b"]" * 500_000),
    ("an unending text of escapes", b'{"a":"' + b'\\"' * 500_000),
    ("many lists", b'{"a":[' + b"[]," * 300_000 + b"[]]}"),
    ("digits and dashes", b'{"a":"' + b"4111-1111-1111-" * 60_000 + b'"}'),
    ("digits", b'{"a":"' + b"4" * 1_000_000 + b'"}'),
    ("half characters", b'{"a":"' + b"\\ud83d\\ude00" * 80_000 + b'\\ud800"}'),
]


@pytest.mark.parametrize("body", [row[1] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_a_hostile_body_is_answered_before_anybody_waits(shop: Shop, body: bytes) -> None:
    assert len(body) <= 1024 * 1024
    started = time.process_time()
    assert_problem(shop.send(body), 400)
    # Far above what a linear reader needs on a slow machine; a quadratic one takes minutes.
    assert time.process_time() - started < 3
