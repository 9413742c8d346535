"""The short way to read a JSON document that is plain, as nearly all are: in C, and alike in every answer.

`exact_json` judges what may come; here only what needs no judging is read: no decimals, no escapes, no key twice, no
white space but what stands after `,` and `:`. For everything else the answer is None: ask `exact_json`.
"""

from typing import Any, Final, NamedTuple

import msgspec
import orjson

from ledgersafe.exact_json import MAX_DEPTH

#: So much is read as an integer of 64 bits, which needs no look at its length.
_REFUSED: Final = (msgspec.DecodeError, ValueError, TypeError, RecursionError)


class Plain(NamedTuple):
    """A document's value and its canonical JSON, in UTF-8."""

    value: dict[str, Any]
    canonical: bytes


class _NotPlain(ValueError):
    """It has a decimal, whose notation is to be kept or judged."""


def read_plain(body: bytes) -> Plain | None:
    """As `exact_json.parse_object` and `canonical_text`; None: ask those."""
    # Without escapes every text stands as it is; with few brackets nothing is deep.
    if b"\\" in body or body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        return None
    try:
        value = _decoder.decode(body)
        # Written again it is the same: so no key stood twice, and every number stood as it is written canonically.
        if type(value) is not dict or not _is_same(orjson.dumps(value), body):
            return None
        return Plain(value, orjson.dumps(value, option=orjson.OPT_SORT_KEYS))
    except _REFUSED:
        return None


def list_elements(text: bytes) -> list[bytes] | None:
    """The elements of a JSON list, as they stand; None: it is no list, or has something unusual."""
    try:
        # Bytes that are no UTF-8 pass, as the element they spoil is looked at by itself.
        return [bytes(element) for element in _elements.decode(text)]
    except _REFUSED:
        return None


def _is_same(written: bytes, body: bytes) -> bool:
    """Whether they differ by nothing but spaces between a name and its value, or before a name.

    Where a space is taken out of a text instead, the two are not alike, or were before.
    """
    return written == body or written == body.replace(b'": ', b'":').replace(b', "', b',"').replace(b", {", b",{")


def _not_plain(_: str) -> Any:
    raise _NotPlain


_decoder: Final = msgspec.json.Decoder(float_hook=_not_plain)
_elements: Final = msgspec.json.Decoder(list[msgspec.Raw])
