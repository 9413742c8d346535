"""Read JSON as money needs it: exact numbers, unique keys, bounded depth, and one fingerprint per value.

The stock parser turns 0.1 into a float, keeps the last of two equal keys, reads `1e400` as infinity and gives up
with a traceback on deep nesting. Here a document is either read exactly or refused with a reason.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, Final

MAX_DEPTH: Final = 32
#: A number's text. The longest exact amount is 18 digits; long identifiers fit; 5,000 digits do not.
MAX_NUMBER_CHARACTERS: Final = 128
MAX_EXPONENT: Final = 308
#: The canonical text of a short literal such as `1e200` is longer.
_MAX_PLAIN: Final = MAX_NUMBER_CHARACTERS + MAX_EXPONENT + len("-0.")

_TOO_LONG: Final = f"A number has more than {MAX_NUMBER_CHARACTERS} characters."
_LONG_NUMBER: Final = re.compile(rf"[-+.eE0-9]{{{MAX_NUMBER_CHARACTERS + 1}}}")
#: Texts and numbers of a parsed document.
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9][-+.eE0-9]*')

#: Marks around the text of a decimal while it passes through the C encoder, which knows no exact decimals. Lone
#: surrogates cannot stand in a document that was decoded and checked, so no text can imitate them.
_OPEN, _CLOSE = "\ud800", "\udfff"
_HALF_CHARACTER: Final = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class UnreadableBody(ValueError):
    """The body is not a JSON object that can be read exactly. `code` is the problem's code."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message)


class Number(str):
    """A decimal fraction as marked canonical text, never a float; see `decimal_of`."""

    __slots__ = ()


class Whole(int):
    """A whole number written as a decimal or with an exponent (`10.0`, `1e3`); only with `tells_notation`."""

    __slots__ = ()


def decode(body: bytes) -> str:
    """Decode UTF-8.

    :raises UnreadableBody: not UTF-8, or it starts with a byte order mark.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableBody("INVALID_ENCODING", f"The body is not UTF-8 (byte {error.start}).") from None
    if text.startswith("\ufeff"):
        raise UnreadableBody("INVALID_ENCODING", "The body starts with a byte order mark; send plain UTF-8.")
    return text


def parse_object(text: str, *, tells_notation: bool = False, is_sent: bool = False) -> dict[str, Any]:
    """Parse text into a dict of str, int, `Number`, bool, None, list and dict.

    :param is_sent: the text comes from a client: refuse numbers longer than `MAX_NUMBER_CHARACTERS`. Our own canonical
        text may have longer ones, such as the plain digits of `1e200`.
    :param tells_notation: read `1e3` and `10.0` as `Whole`, for callers that accept only integers.
    :raises UnreadableBody: malformed, not an object, duplicate keys, NaN, a number out of range, too deep.
    """
    try:
        value = (_telling_decoder if tells_notation else _decoder).decode(text)
    except RecursionError:
        raise UnreadableBody("TOO_DEEP", f"Nested deeper than {MAX_DEPTH} levels.") from None
    except json.JSONDecodeError as error:
        raise UnreadableBody(
            "MALFORMED_JSON", f"Not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    if is_sent and _LONG_NUMBER.search(text) and _has_long_number(text):
        raise UnreadableBody("NUMBER_OUT_OF_RANGE", _TOO_LONG)
    if type(value) is not dict:
        raise UnreadableBody("NOT_AN_OBJECT", "The body must be one JSON object.")
    # A document with few brackets cannot be deep: the walk is only for the suspicious ones.
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise UnreadableBody("TOO_DEEP", f"Nested deeper than {MAX_DEPTH} levels.")
    if _HALF_CHARACTER.search(text) and not _is_text(value):
        raise UnreadableBody("INVALID_ENCODING", "A \\u escape names half a character (lone surrogate).")
    return value


def canonical_text(value: dict[str, Any]) -> str:
    """Write a parsed value as canonical JSON: keys sorted, no white space, exact decimals, text unescaped."""
    return _encode(value).replace(f'"{_OPEN}', "").replace(f'{_CLOSE}"', "")


def fingerprint(canonical: str) -> bytes:
    """Hash canonical JSON with SHA-256 (32 bytes)."""
    return hashlib.sha256(canonical.encode("utf-8")).digest()


def marked(text: str) -> Number:
    """Make a `Number` from a decimal's canonical text."""
    return Number(f"{_OPEN}{text}{_CLOSE}")


def decimal_of(number: Number) -> Decimal:
    """Return the exact value of a `Number`."""
    return Decimal(number[1:-1])


def _parse_number(text: str) -> int | Number:
    if len(text) > MAX_NUMBER_CHARACTERS:
        _refuse_many_digits(text)
    try:
        value = Decimal(text)
    except InvalidOperation:  # an exponent beyond what even Decimal can hold
        value = Decimal("inf")
    if not value.is_finite() or abs(value.adjusted()) > MAX_EXPONENT:
        raise UnreadableBody("NUMBER_OUT_OF_RANGE", f"The number {text[:40]} is out of range.")
    if value == value.to_integral_value():
        return int(value)
    plain = format(value, "f")
    return marked(plain.rstrip("0"))


def _parse_telling(text: str) -> int | Number:
    value = _parse_number(text)
    return Whole(value) if isinstance(value, int) else value


def _parse_int(text: str) -> int:
    if len(text) > MAX_NUMBER_CHARACTERS:
        _refuse_many_digits(text)
        return int(_parse_number(text))
    return int(text)


def _refuse_many_digits(text: str) -> None:
    """Refuse a number whose canonical text could not be read again; patches and proposals are kept so.

    A long number passes if it would be short enough with an exponent; the shortest exponent is `e9`.
    """
    digits = text.lstrip("-").replace(".", "").strip("0")
    shortest = text.count("-") + len(digits) + len("e9")
    if len(text) > _MAX_PLAIN or shortest > MAX_NUMBER_CHARACTERS or not digits.isdigit():
        raise UnreadableBody("NUMBER_OUT_OF_RANGE", _TOO_LONG)


def _has_long_number(text: str) -> bool:
    """Tell whether a number of the document, not digits within a text, is too long to be sent."""
    return any(len(literal) > MAX_NUMBER_CHARACTERS for literal in _TOKEN.findall(text) if literal[0] != '"')


def _refuse_constant(text: str) -> None:
    raise UnreadableBody("NUMBER_OUT_OF_RANGE", f"{text} is not a JSON number.")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        # One pass: an object of a hundred thousand keys must not cost a hundred thousand squared.
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise UnreadableBody("DUPLICATE_KEYS", f"The key {twice[:80]!r} stands twice in one object.")
    return value


def _levels(value: Any) -> Iterator[list[Any]]:
    """Yield all values, one list per level of nesting, without recursion that the input controls."""
    level = [value]
    while level:
        yield level
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]


def _depth(value: Any) -> int:
    return sum(1 for level in _levels(value) if any(isinstance(item, dict | list) for item in level))


def _is_text(value: Any) -> bool:
    """Tell whether every key and text is valid Unicode; `Number` has marks of its own."""
    for level in _levels(value):
        for item in level:
            texts = item if isinstance(item, dict) else [item] if type(item) is str else ()
            if any(_SURROGATE.search(text) for text in texts):
                return False
    return True


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique_keys,
    parse_float=_parse_number,
    parse_int=_parse_int,
    parse_constant=_refuse_constant,
)
_telling_decoder = json.JSONDecoder(
    object_pairs_hook=_unique_keys,
    parse_float=_parse_telling,
    parse_int=_parse_int,
    parse_constant=_refuse_constant,
)
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False).encode
