"""Read the position in a cursor: each list names the kinds of its members, in order. Pure.

A cursor is only base64, so a client may put anything into it. A member of the wrong kind is refused here, before it
reaches a statement.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from ledgersafe.values.errors import InvalidParameter
from ledgersafe.values.moments import read_day, read_instant

#: Reads a member of a position from its JSON value. :raises ValueError: it is of another kind.
Kind: TypeAlias = Callable[[Any], Any]

_TEXT_BYTES: Final = 4_000


def position(cursor: Sequence[Any], *kinds: Kind) -> list[Any]:
    """Read the members of a position by their kinds.

    :raises InvalidParameter: it is no position of this list.
    """
    try:
        return [kind(member) for kind, member in zip(kinds, cursor, strict=True)]
    except ValueError:
        raise InvalidParameter("cursor is not a next_cursor of this list.") from None


def number(value: Any) -> int:
    """Read a row's id, or a device's number: 63 bits."""
    return _bounded(value, 2**63)


def small_number(value: Any) -> int:
    """Read a version number: 31 bits."""
    return _bounded(value, 2**31)


def line_number(value: Any) -> int:
    """Read a posting's number within its journal: 15 bits."""
    return _bounded(value, 2**15)


def transaction_number(value: Any) -> str:
    """Read a Postgres transaction id: decimal text of up to 64 bits."""
    if type(value) is str and value.isascii() and value.isdigit() and len(value) <= 20 and int(value) < 2**64:
        return value
    raise ValueError


def text(value: Any) -> str:
    """Read a text that Postgres can compare with a column: no NUL, at most 4,000 bytes."""
    if type(value) is str and "\x00" not in value and len(value.encode()) <= _TEXT_BYTES:
        return value
    raise ValueError


def day(value: Any) -> date:
    """Read a business day, like `2026-02-25`."""
    result = read_day(value) if type(value) is str else None
    if result is None:
        raise ValueError
    return result


def instant(value: Any) -> datetime:
    """Read an instant with an offset; returned in UTC."""
    result = read_instant(value) if type(value) is str else None
    if result is None:
        raise ValueError
    return result


def uuid(value: Any) -> UUID:
    """Read a UUID."""
    if type(value) is not str:
        raise ValueError
    return UUID(value)


def _bounded(value: Any, limit: int) -> int:
    if type(value) is int and 0 <= value < limit:
        return value
    raise ValueError
