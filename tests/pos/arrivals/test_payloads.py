"""Kept payloads for people: exact when shown, comparable when compared, None when they cannot be read."""

from decimal import Decimal
from typing import Any

import orjson
import pytest

from ledgersafe.values.exact_json import UnreadableBody
from pos.arrivals.payloads import payload_of, payload_value, value_of_text
from pos.models import RawEvent


def kept(body: bytes) -> RawEvent:
    """An arrival with these bytes."""
    return RawEvent(raw_body=body)


def test_a_payload_is_shown_with_exact_numbers_in_canonical_form() -> None:
    body = b'{"amount": 42.50, "big": 12345678901234567890.10}'
    assert orjson.dumps(payload_of(kept(body))) == b'{"amount":42.5,"big":12345678901234567890.1}'


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"a": NaN}'])
def test_what_cannot_be_read_is_none(body: bytes) -> None:
    assert payload_of(kept(body)) is None
    assert payload_value(kept(body)) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": Decimal(1)}),
        ('{"a": 1.0}', {"a": Decimal("1.0")}),
        ('{"a": "1"}', {"a": "1"}),
        ('{"a": [1, {"b": 2.50}], "c": true, "d": null}',
         {"a": [Decimal(1), {"b": Decimal("2.50")}], "c": True, "d": None}),
    ],
)  # fmt: skip
def test_numbers_are_compared_by_value(text: str, value: Any) -> None:
    assert value_of_text(text) == value
    assert payload_value(kept(text.encode())) == value


def test_one_and_true_stay_apart() -> None:
    assert value_of_text('{"a": true}')["a"] is True


def test_a_text_that_is_no_object_is_refused() -> None:
    with pytest.raises(UnreadableBody):
        value_of_text("1")
