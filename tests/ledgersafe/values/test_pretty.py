"""Payloads and bytes as people read them."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgersafe.values.pretty import body_text, hex_dump, inline, pretty, visible

JSON = st.recursive(
    st.none() | st.booleans() | st.text(max_size=5) | st.integers(-9, 9).map(Decimal) | st.just(Decimal("0.10")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_what_is_printed_is_the_same_json(value: Any) -> None:
    assert json.loads(pretty(value), parse_float=Decimal, parse_int=Decimal) == value
    assert json.loads(inline(value), parse_float=Decimal, parse_int=Decimal) == value
    assert pretty(value).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("42.50"), "42.5"), (Decimal("100"), "100"), (Decimal("1E+3"), "1000"), (Decimal("1E-3"), "0.001"),
        ("1", '"1"'), ({}, "{}"), ([], "[]"), (None, "null"), (True, "true"),
        ("\u202e", '"\\u202e"'), ("\x7f", '"\\u007f"'), ("é", '"é"'),
    ],
)  # fmt: skip
def test_scalars(value: Any, text: str) -> None:
    assert pretty(value) == text


def test_bytes_are_text_where_they_can_be() -> None:
    assert body_text(b'{"a":\t1}\n') == '{"a":\\u00091}\n'
    assert body_text("é".encode()[:1]) == ""
    assert body_text("aé".encode()[:2]) == "a"
    assert body_text(b"\xff\x00A").startswith("000000  ff 00 41")
    assert hex_dump(b"") == ""
    assert visible("a\u200bb") == "a\\u200bb"
