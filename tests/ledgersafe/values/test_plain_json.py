"""The short way to read JSON answers as the long way does, or not at all."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledgersafe.values.card_numbers import contains_pan, may_contain_pan
from ledgersafe.values.exact_json import MAX_DEPTH, UnreadableBody, canonical_text, decode, parse_object
from ledgersafe.values.plain_json import list_elements, read_plain

unhurried = settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
texts = st.text(max_size=8) | st.text('", :{}[]\\éz\x7f', max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | texts | st.floats(allow_nan=False)
values: st.SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=20
)
documents = st.dictionaries(texts, values, max_size=6)
written = st.builds(
    lambda document, separators, ascii_only: json.dumps(
        document, separators=separators, ensure_ascii=ascii_only
    ).encode(errors="surrogatepass"),
    documents,
    st.sampled_from([(",", ":"), (", ", ": "), (",", ": "), (" ,", ":")]),
    st.booleans(),
)


def read_exactly(body: bytes) -> tuple[dict[str, Any], bytes]:
    value = parse_object(decode(body))
    return value, canonical_text(value).encode()


def assert_alike(body: bytes) -> None:
    plain = read_plain(body)
    if plain is None:
        return
    value, canonical = read_exactly(body)
    assert (plain.value, plain.canonical) == (value, canonical)
    assert repr(plain.value) == repr(value)  # True is no 1


@unhurried
@given(body=written)
def test_what_it_reads_it_reads_as_the_long_way_does(body: bytes) -> None:
    assert_alike(body)


@unhurried
@given(
    body=written, at=st.integers(0, 200), put=st.sampled_from([b'"', b",", b":", b"1", b"{", b"}", b"\\", b"\xff", b""])
)
def test_what_was_spoilt_it_reads_as_the_long_way_does_or_not(body: bytes, at: int, put: bytes) -> None:
    assert_alike(body[:at] + put + body[at + 1 :])


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"b":1,"a":{"d":null,"c":[true,false,"x"]}}',
        b'{"b": 1, "a": {"d": null, "c": "x, y"}, "e": [{"f": 1}, {"g": 2}]}',
        '{"ключ":"é日本😀\u2028"}'.encode(),
        b'{"a":18446744073709551615,"b":-9223372036854775808}',
        b'{"a":"\x7f"}',
        b'{"a":0.1,"b":[-0.05,12.345,99999999999999999999.5],"c":"0.10"}',
    ],
)
def test_plain_documents_are_read(body: bytes) -> None:
    plain = read_plain(body)
    assert plain is not None
    assert (plain.value, plain.canonical) == read_exactly(body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":1,"a":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a": 1, "a": 2}',
        b'{"a":1.0}',
        b'{"a":0.10}',
        b'{"a":1.50}',
        b'{"a":0.00000001}',
        b'{"a":1.5e3}',
        b'{"a":0.' + b"1" * 60 + b"}",
        b'{"a":1e3}',
        b'{"a":-0}',
        b'{"a":01}',
        b'{"a":NaN}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\n"}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":18446744073709551616}',
        b'{"a":' + b"9" * 5_000 + b"}",
        b'{ "a":1}',
        b'{"a":1}\n',
        b'{"a":1}{',
        b'{"a":1,}',
        b"[]",
        b"1",
        b"",
        b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}",
        b'{"a":' + b"[" * 100_000,
    ],
)
def test_what_is_unusual_is_left_to_the_long_way(body: bytes) -> None:
    assert read_plain(body) is None


def test_a_key_that_stands_twice_does_not_hide_behind_a_space() -> None:
    """What is taken out to compare could make up for what was left out: it does not."""
    for body in (b'{"a": 1,"a":1}', b'{"a":1, "a":1}', b'{"a":", \\"a","a":1}', b'{"a":"x, ","a":"x, "}'):
        assert read_plain(body) is None
        with pytest.raises(UnreadableBody):
            read_exactly(body)


def test_elements_are_cut_out_as_they_stand() -> None:
    assert list_elements(b' [ {"a": 1.50} ,2,"\xff", [ ] ]\n') == [b'{"a": 1.50}', b"2", b'"\xff"', b"[ ]"]
    assert list_elements(b"[]") == []


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[", b"[1]]", b"[1],", b"[1,]", b"[1 2]", b'["\n"]', b"[nul]", b"[" * 100_000, b"[-]", b"[1.]"],
)
def test_what_is_no_plain_list_is_left_to_the_long_way(text: bytes) -> None:
    assert list_elements(text) is None


@unhurried
@given(text=st.text("0123456789 -.x", max_size=60) | st.text(max_size=40))
def test_no_card_number_is_overlooked(text: str) -> None:
    assert may_contain_pan(text.encode()) or not contains_pan(text)


@pytest.mark.parametrize(
    "pan", ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "3782 822463 10005", "378282246310005"]
)
def test_every_way_to_write_a_card_number_is_looked_at(pan: str) -> None:
    assert contains_pan(pan)
    assert may_contain_pan(f"paid by {pan}!".encode())
    assert not may_contain_pan(b"2026-11-20T08:28:55+00:00 txn 123456789012")
