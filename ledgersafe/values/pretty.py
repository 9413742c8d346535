"""Format payloads and bodies for people: one value per line, exact numbers, nothing invisible."""

import json
import re
from decimal import Decimal
from typing import Any, Final

#: Invisible or reversing characters are shown as JSON escapes; these two are not.
_VISIBLE_SPACES: Final = frozenset(" \n")
_HEX_WIDTH: Final = 16


def pretty(value: Any) -> str:
    """Format a parsed payload (every decimal a `Decimal`) as indented JSON with sorted keys.

    >>> print(pretty({"b": [], "a": Decimal("42.50")}))
    {
      "a": 42.5,
      "b": []
    }
    """
    return "\n".join(_lines(value, ""))


def inline(value: Any) -> str:
    """Format a value on one line; texts are quoted, so that `"1"` and `1` look different."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(key)}: {inline(item)}" for key, item in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    return _scalar(value)


def visible(text: str) -> str:
    r"""Escape control and invisible characters like `\u202e`; line ends stay."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in _VISIBLE_SPACES else _escape(character)
        for character in text
    )


def body_text(body: bytes) -> str:
    """Show received bytes: as text if they are UTF-8 (a cut at the end is fine), else as a hex dump."""
    try:
        return visible(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        if error.start >= len(body) - 3 and error.reason == "unexpected end of data":
            return visible(body[: error.start].decode("utf-8"))
        return hex_dump(body)


def hex_dump(body: bytes) -> str:
    """Format offset, sixteen bytes, and their printable ASCII, line by line."""
    lines = []
    for offset in range(0, len(body), _HEX_WIDTH):
        row = body[offset : offset + _HEX_WIDTH]
        ascii_text = re.sub(r"[^ -~]", ".", row.decode("latin-1"))
        lines.append(f"{offset:06x}  {row.hex(' '):<{3 * _HEX_WIDTH - 1}}  {ascii_text}")
    return "\n".join(lines)


def _lines(value: Any, indent: str) -> list[str]:
    """Format recursively; a payload is at most 32 levels deep."""
    if isinstance(value, dict) and value:
        members = [(f"{_text(key)}: ", value[key]) for key in sorted(value)]
        return _block("{", members, "}", indent)
    if isinstance(value, list) and value:
        return _block("[", [("", item) for item in value], "]", indent)
    return [_scalar(value)]


def _block(opening: str, members: list[tuple[str, Any]], closing: str, indent: str) -> list[str]:
    inner = indent + "  "
    lines = [opening]
    for number, (label, item) in enumerate(members, 1):
        first, *rest = _lines(item, inner)
        lines += [f"{inner}{label}{first}", *rest]
        lines[-1] += "," if number < len(members) else ""
    return [*lines, f"{indent}{closing}"]


def _scalar(value: Any) -> str:
    if isinstance(value, Decimal):
        return _number(value)
    if isinstance(value, str):
        return _text(value)
    return "{}" if value == {} else json.dumps(value)


def _number(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(value: str) -> str:
    return visible(json.dumps(value, ensure_ascii=False))


def _escape(character: str) -> str:
    return json.dumps(character)[1:-1] if character > "\x7e" else f"\\u{ord(character):04x}"
