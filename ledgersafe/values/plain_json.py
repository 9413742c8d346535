"""Read plain JSON documents in C: nearly all are, and the result equals that of `exact_json`.

`exact_json` decides what is allowed; this module reads only documents that need no decision: no escapes, no duplicate
keys, canonical numbers, white space only after `,` and `:`. For all others it returns None: use `exact_json`.
"""

from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from ledgersafe.values.exact_json import MAX_DEPTH, marked

#: Longer decimals go to `exact_json`.
_MAX_DIGITS: Final = 40
_REFUSED: Final = (msgspec.MsgspecError, ValueError, TypeError, OverflowError, RecursionError)


class Plain(NamedTuple):
    """A document's value and its canonical JSON (UTF-8)."""

    value: dict[str, Any]
    canonical: bytes


class _HasDecimals(Exception):
    """The document has decimals: decode it twice, as `Decimal` to write it again and as `Number` to return."""


class _NotPlain(ValueError):
    """A number is not written canonically."""


def read_plain(body: bytes) -> Plain | None:
    """Parse and canonicalise a plain document in one go; None: use `exact_json`."""
    # Without escapes every text is literal; with few brackets nothing is nested deeply.
    if b"\\" in body or body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        return None
    try:
        return _plain(_whole.decode(body), body)
    except _HasDecimals:
        return _with_decimals(body)
    except _REFUSED:
        return None


def exact(text: str) -> Decimal:
    """Read a canonically written decimal.

    :raises ValueError: written otherwise, or too long.
    """
    if text[-1] == "0" or "e" in text or "E" in text or len(text) > _MAX_DIGITS:
        raise _NotPlain
    return Decimal(text)


def list_elements(text: bytes) -> list[bytes] | None:
    """Split a JSON list into the bytes of its elements; None: not a list, or not plain."""
    try:
        # Invalid UTF-8 passes here: the element that contains it is checked on its own later.
        return [bytes(element) for element in _elements.decode(text)]
    except _REFUSED:
        return None


def _decimal(number: Decimal) -> orjson.Fragment:
    """Write a decimal digit by digit."""
    return orjson.Fragment(str(number))


def _with_decimals(body: bytes) -> Plain | None:
    try:
        plain = _plain(_exact.decode(body), body)
        return plain and Plain(_marking.decode(body), plain.canonical)
    except _REFUSED:
        return None


def _plain(value: Any, body: bytes) -> Plain | None:
    """Return value and canonical text if the body is plain, else None.

    :raises TypeError: an integer needs more than 64 bits; `exact_json` decides about it.
    """
    # Equal after writing it again, so no key was duplicated and every number was canonical already.
    if type(value) is not dict or not _is_same(orjson.dumps(value, _decimal), body):
        return None
    return Plain(value, orjson.dumps(value, _decimal, orjson.OPT_SORT_KEYS))


def _has_decimals(_: str) -> Any:
    raise _HasDecimals


def _is_same(written: bytes, body: bytes) -> bool:
    """Tell whether two texts differ only by spaces after `:` and `,`.

    If the replacement removes a space inside a text, the two differ, or were equal before.
    """
    return written == body or written == body.replace(b'": ', b'":').replace(b', "', b',"').replace(b", {", b",{")


_whole: Final = msgspec.json.Decoder(float_hook=_has_decimals)
_exact: Final = msgspec.json.Decoder(float_hook=exact)
_marking: Final = msgspec.json.Decoder(float_hook=marked)
_elements: Final = msgspec.json.Decoder(list[msgspec.Raw])
