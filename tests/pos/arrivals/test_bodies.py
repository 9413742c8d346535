"""Bodies: read up to a limit, refused by media type, and a batch cut into its events byte for byte."""

import io
import json
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pos.arrivals import Refusal, read_arrival
from pos.arrivals.bodies import JSON_MEDIA_TYPES, NDJSON_MEDIA_TYPES, media_type_refusal, read_body, split_batch

JSON, LINES = "application/json", "application/x-ndjson"


def elements_of(body: bytes, content_type: str = JSON) -> list[bytes]:
    result = split_batch(body, content_type)
    assert not isinstance(result, Refusal), result
    return result


def code_of(body: bytes, content_type: str | None = JSON) -> tuple[int, str]:
    result = split_batch(body, content_type)
    assert isinstance(result, Refusal), result
    assert result.message
    return result.status, result.code


# ── Splitting ───────────────────────────────────────────────────────────────────────────────────
SPELLINGS: list[tuple[str, bytes]] = [
    ("plain", b'{"event_id":"a"}'),
    ("white space inside", b'{ \t"event_id"\r\n:\n"a" , "b":[ 1 ,\t2 ] }'),
    ("escapes", b'{"event_id":"\\u0061\\/\\"\\\\","\\u0062":"\\n\\ud83d\\ude00"}'),
    ("text that looks like structure", b'{"a":"],[}{\\"],","}":"]"}'),
    ("text that ends in backslashes", b'{"a":"\\\\","b":"\\\\\\\\"}'),
    ("nested lists", b"[[[],[[]]],[],[{}]]"),
    ("beyond ASCII", '{"ключ":"é日本😀\u2028\ufeff"}'.encode()),
    ("numbers nobody can hold", b'{"a":[1e999999,-0.0,1E+5,' + b"9" * 5_000 + b"]}"),
    ("numbers that are none", b'{"a":[NaN,Infinity,-Infinity]}'),
    ("equal keys", b'{"a":1,"a":1}'),
    ("half a character", b'{"a":"\\ud800"}'),
    ("no object", b'"events"'),
    ("no object either", b"null"),
    ("a number", b"-1.5e-7"),
    ("an empty object", b"{}"),
    ("events of its own", b'{"events":[1,2]}'),
]
IDS = [row[0] for row in SPELLINGS]
#: Where an element of a batch may begin and end.
AROUND = [b"", b" ", b"\n", b"\r\n\t "]


@pytest.mark.parametrize("around", AROUND, ids=ascii)
@pytest.mark.parametrize("element", [row[1] for row in SPELLINGS], ids=IDS)
def test_an_element_is_cut_out_as_it_was_written(element: bytes, around: bytes) -> None:
    inside = (around + b"," + around).join([element, b"{}", element])
    body = around.join([b"", b"{", b'"events"', b":", b"[", inside, b"]", b"}", b""])
    assert elements_of(body) == [element, b"{}", element]


#: Bytes that are no JSON, but leave no doubt where the element ends.
SPOILT: list[tuple[str, bytes, str]] = [
    ("invalid UTF-8 in a value", b'{"event_id":"\xff\xc0\xaf"}', "INVALID_ENCODING"),
    ("invalid UTF-8 in a key", b'{"\xfe":1}', "INVALID_ENCODING"),
    ("a character cut short", b'{"a":"\xf0\x9f\x98"}', "INVALID_ENCODING"),
    ("a surrogate in UTF-8", b'{"a":"\xed\xa0\x80"}', "INVALID_ENCODING"),
    ("Latin-1", "{'a':'é'}".replace("'", '"').encode("latin-1"), "INVALID_ENCODING"),
    ("a raw line break", b'{"event_id":"a\nb"}', "MALFORMED_JSON"),
    ("a raw tab", b'{"event_id":"a\tb"}', "MALFORMED_JSON"),
    ("a raw NUL", b'{"a":"\x00"}', "MALFORMED_JSON"),
    ("every control character", b'{"a":"' + bytes(range(32)) + b'"}', "MALFORMED_JSON"),
    ("a lone surrogate", b'{"a":"\\udc80"}', "INVALID_ENCODING"),
    ("too deep", b"[" * 50_000 + b'"]\\"[\xff"' + b"]" * 50_000, "INVALID_ENCODING"),
    ("too deep and crooked", b"[" * 50_000 + b"}" * 50_000, "TOO_DEEP"),
]


@pytest.mark.parametrize(("element", "code"), [row[1:] for row in SPOILT], ids=[row[0] for row in SPOILT])
def test_bytes_that_are_no_json_spoil_only_their_element(element: bytes, code: str) -> None:
    good = '{"event_id":"é"}'.encode()
    result = elements_of(b'{"events":[' + b", ".join([good, element, good]) + b"]}")
    assert result == [good, element, good]
    reading = read_arrival(result[1], base_currency="USD").reading
    assert isinstance(reading, Refusal)
    assert (reading.status, reading.code) == (400, code)


@pytest.mark.parametrize(
    "member",
    [b'"a":"\xff"', b'"\xff":1', b'"a":"\n\x00"', b'"a\n":1', b'"a":NaN', b'"a":' + b"[" * 50_000 + b"]" * 50_000,
     b'"a":{"events":[7]}', b'"Events":[7]', b'"events ":7', b'"\\ud800":1'],
    ids=lambda member: ascii(member[:20]),
)  # fmt: skip
def test_what_stands_beside_the_events_is_not_judged(member: bytes) -> None:
    assert elements_of(b"{" + member + b',"events":[1,2]}') == [b"1", b"2"]
    assert elements_of(b'{"events":[1,2],' + member + b"}") == [b"1", b"2"]


def test_the_name_of_the_list_may_be_escaped() -> None:
    assert elements_of(b'{"\\u0065vent\\u0073":[1]}') == [b"1"]


NO_BATCH: list[bytes] = [
    b"", b" ", b"[]", b"[{}]", b"null", b"7", b'"events"', b"{}", b'{"a":1}', b'{"events":null}', b'{"events":{}}',
    b'{"events":7}', b'{"events":[],"events":[]}', b'{"events":[],"\\u0065vents":[]}', b'{"events":[]}x',
    b'{"events":[]}\x00', b'{"events":[]},', b'{"events":[]}{}', b'\xef\xbb\xbf{"events":[]}',
    b'\xa0{"events":[]}', b'\x0b{"events":[]}', b'{"events":[1 2]}', b'{"events":[]', b'{"events":[1',
    b'{"events":[1,', b'{"events":[1]', b'{"events":[1],}', b'{"events"', b'{"events":', b'{events:[]}', b"{7:[]}",
    b'{"events":[,]}', b'{"events":[1,]}', b'{"events":[\xff]}', b'{"events":["\xff]}', b'{"events":["a\\"]}',
    b'{"events":[' + b"[" * 50_000 + b"]}", b'{"events":[' + b'{"a":' * 50_000, b"{" * 50_000,
]  # fmt: skip


@pytest.mark.parametrize("body", NO_BATCH, ids=lambda body: ascii(body[:40]))
def test_what_is_no_batch_is_refused_as_a_whole(body: bytes) -> None:
    status, code = code_of(body)
    assert status == 400
    assert code in {"NOT_A_BATCH", "MALFORMED_JSON"}


@pytest.mark.parametrize("content_type", [LINES, "application/ndjson", "Application/JSONL; charset=utf-8"])
def test_lines_are_events_and_blank_ones_are_not(content_type: str) -> None:
    lines = [b'{"a":1}', b"[1, 2]", b"nonsense \xff", '{"a":"\u2028\u0085"}'.encode(), b" {} ", b"\xef\xbb\xbf{}"]
    assert elements_of(b"\n".join(lines), content_type) == lines
    assert elements_of(b"\n\n \t\n" + b"\n\r\n".join(lines) + b"\n\n", content_type) == lines
    assert [line.strip() for line in elements_of(b"\r\n".join(lines), content_type)] == [line.strip() for line in lines]
    assert elements_of(b"", content_type) == elements_of(b" \r\n\n", content_type) == []


@pytest.mark.parametrize("content_type", [JSON, LINES])
def test_a_batch_has_its_limit(content_type: str) -> None:
    most = settings.MAX_BATCH_EVENTS
    wrap = (b'{"events":[', b",", b"]}") if content_type == JSON else (b"", b"\n", b"\n")
    assert len(elements_of(wrap[0] + wrap[1].join([b"{}"] * most) + wrap[2], content_type)) == most
    assert code_of(wrap[0] + wrap[1].join([b"{}"] * (most + 1)) + wrap[2], content_type) == (400, "BATCH_TOO_LARGE")


#: Documents as somebody else's library writes them, white space wherever JSON allows it.
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)
spaces = st.text(" \t\r\n", max_size=3)
written = st.builds(
    lambda document, indent, comma, colon, ascii_only: json.dumps(
        document, indent=indent, separators=(f",{comma}", f"{colon}:"), ensure_ascii=ascii_only
    ).encode(),
    documents, st.none() | spaces, spaces, spaces, st.booleans(),
)  # fmt: skip
#: Texts with anything in them that does not end a text.
spoilt = st.binary(max_size=12).map(lambda inside: b'"' + inside.replace(b"\\", b"").replace(b'"', b"") + b'"')


@hypothesis_settings(suppress_health_check=[HealthCheck.too_slow])
@given(elements=st.lists(written | spoilt, max_size=8), around=st.lists(spaces, min_size=9, max_size=9), data=st.data())
def test_what_was_joined_is_split_again_byte_for_byte(
    elements: list[bytes], around: list[str], data: st.DataObject
) -> None:
    space = [text.encode() for text in around]
    inside = (space[0] + b"," + space[1]).join(elements)
    beside = data.draw(
        st.sampled_from([b"", b'"a":' + (elements[0] if elements else b"1") + space[2] + b"," + space[3]])
    )
    body = space[4] + b"{" + space[5] + beside + b'"events":' + space[6] + b"[" + space[7] + inside + space[8] + b"]}"
    assert elements_of(body) == elements


@given(body=st.binary(max_size=60) | st.text('{}[]":,\\eventsu0065 \n1-.', max_size=60).map(str.encode))
def test_no_bytes_make_it_fail(body: bytes) -> None:
    for text in (body, b'{"events":[' + body, b'{"events":[' + body + b"]}"):
        for content_type in (JSON, LINES):
            result = split_batch(text, content_type)
            assert isinstance(result, Refusal) or all(element in text for element in result)


# ── Media types ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", " application/json ", "application/json;charset=utf-8",
     'application/json; charset="UTF-8"', "application/json ; Charset = utf8", "application/json; v=1",
     "application/json;"],
)  # fmt: skip
def test_json_in_utf_8_is_accepted_however_it_is_named(content_type: str) -> None:
    assert media_type_refusal(content_type, JSON_MEDIA_TYPES) is None


@pytest.mark.parametrize(
    "content_type",
    [None, "", ";", "json", "text/json", "text/plain", "application/*", "*/*", "application/json2", "application/jsonl",
     "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json, text/plain",
     "application/json; charset=latin-1", 'application/json; charset="utf-16"', "application/json;CHARSET=ascii",
     "text/plain; application/json", "x" * 500],
)  # fmt: skip
def test_another_media_type_is_415_and_told_in_few_words(content_type: str | None) -> None:
    refusal = media_type_refusal(content_type, JSON_MEDIA_TYPES)
    assert refusal is not None
    assert (refusal.status, refusal.code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert len(refusal.message) < 200
    if content_type != "application/jsonl":
        assert code_of(b'{"events":[]}', content_type) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("content_type", sorted(NDJSON_MEDIA_TYPES))
def test_lines_are_for_batches_only(content_type: str) -> None:
    assert media_type_refusal(content_type, JSON_MEDIA_TYPES) is not None
    assert elements_of(b"{}\n{}", content_type) == [b"{}", b"{}"]


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────
def request_with(body: bytes, **meta: Any) -> HttpRequest:
    request = RequestFactory().generic("POST", "/", body, content_type=JSON)
    request.META.update(meta)
    return request


class Stream(io.BytesIO):
    """A body that remembers how much of it was asked for."""

    asked = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size >= 0, "a body without a known end must never be read without a limit"
        self.asked += size
        return super().read(size)


@pytest.mark.parametrize(("size", "is_read"), [(0, True), (9, True), (10, True), (11, False), (1_000, False)])
def test_a_body_of_a_named_length_has_a_limit(size: int, is_read: bool) -> None:
    assert read_body(request_with(b"x" * size), 10) == (b"x" * size if is_read else None)


@pytest.mark.parametrize("length", ["11", "0011", "9" * 12, "9" * 13, "9" * 5_000])
def test_a_body_that_says_it_is_too_large_is_not_even_read(length: str) -> None:
    stream = Stream(b"x")
    assert read_body(request_with(b"", CONTENT_LENGTH=length, **{"wsgi.input": stream}), 10) is None
    assert stream.asked == 0


@pytest.mark.parametrize("marks", [{"wsgi.input_terminated": True}, {"HTTP_TRANSFER_ENCODING": "chunked"},
                                   {"HTTP_TRANSFER_ENCODING": "gzip, chunked"}])  # fmt: skip
@pytest.mark.parametrize(("size", "is_read"), [(0, True), (10, True), (11, False), (1_000, False)])
def test_a_chunked_body_has_the_same_limit(marks: dict[str, Any], size: int, is_read: bool) -> None:
    for length in ("", None):
        stream = Stream(b"x" * size)
        meta = {"CONTENT_LENGTH": length, "wsgi.input": stream, **marks}
        assert read_body(request_with(b"", **meta), 10) == (b"x" * size if is_read else None)
        assert stream.asked == 11


@pytest.mark.parametrize("length", ["", "-1", "1e3", "٣", "²", " 5", "x"])
def test_a_length_that_is_none_never_reads_beyond_the_limit(length: str) -> None:
    stream = Stream(b"x" * 1_000)
    meta = {"CONTENT_LENGTH": length, "wsgi.input": stream, "wsgi.input_terminated": True}
    assert read_body(request_with(b"", **meta), 10) is None
    assert stream.asked <= 11
