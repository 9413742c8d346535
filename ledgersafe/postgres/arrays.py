"""Encode arrays in Postgres' binary format in bulk; psycopg encodes element by element, which is slower.

An array of nulls only is encoded as null, which costs nothing.
"""

import sys
from array import array
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from struct import Struct
from struct import error as StructError  # noqa: N812
from typing import Final
from uuid import UUID

#: Number of dimensions, has-nulls flag, element type; then per dimension its length and lower bound.
_HEADER: Final = Struct("!iiI")
_DIMENSION: Final = Struct("!ii")
_LENGTH: Final = Struct("!i")
_NULL: Final = _LENGTH.pack(-1)
_BOOL, _BYTEA, _INT8, _TEXT, _DATE, _TIMESTAMPTZ, _UUID = 16, 17, 20, 25, 1082, 1184, 2950
#: An element with its length in front, by struct code.
_ELEMENTS: Final = {code: Struct(f"!i{code}") for code in "qib"}
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_MICROSECOND: Final = timedelta(microseconds=1)


def texts(values: Sequence[str | None]) -> bytes | None:
    """Encode text[]."""
    return _blobs(_TEXT, [None if value is None else value.encode() for value in values])


def labels(values: Sequence[str | None]) -> bytes | None:
    """Encode text[] with few distinct values."""
    different = set(values)
    if different == {None}:
        return None
    elements = {value: _NULL if value is None else _element(value.encode()) for value in different}
    return _array(_TEXT, len(values), map(elements.__getitem__, values), nulls=None in different)


def blobs(values: Sequence[bytes | None]) -> bytes | None:
    """Encode bytea[]."""
    return _blobs(_BYTEA, values)


def uuids(values: Sequence[UUID | None]) -> bytes | None:
    """Encode uuid[]."""
    return _blobs(_UUID, [None if value is None else value.bytes for value in values])


def numbers(values: Sequence[int | None]) -> bytes | None:
    """Encode bigint[].

    :raises OverflowError: a number needs more than eight bytes.
    """
    return _fixed(_INT8, "q", values)


def flags(values: Sequence[bool | None]) -> bytes | None:
    """Encode boolean[]."""
    return _fixed(_BOOL, "b", values)


def dates(values: Sequence[date | None]) -> bytes | None:
    """Encode date[]."""
    days = {value: value.toordinal() - _EPOCH_DAY for value in set(values) if value is not None}
    return _fixed(_DATE, "i", [None if value is None else days[value] for value in values])


def instants(values: Sequence[datetime | None]) -> bytes | None:
    """Encode timestamptz[], exact to the microsecond."""
    ticks = [None if value is None else (value - _EPOCH) // _MICROSECOND for value in values]
    return _fixed(_TIMESTAMPTZ, "q", ticks)


def grid(rows: Collection[Sequence[int]]) -> bytes | None:
    """Encode bigint[][]; all rows have the same length."""
    if not rows:
        return None
    flat = list(chain.from_iterable(rows))
    shape = _DIMENSION.pack(len(rows), 1) + _DIMENSION.pack(len(flat) // len(rows), 1)
    return _HEADER.pack(2, 0, _INT8) + shape + _packed("q", flat)


def _blobs(kind: int, values: Sequence[bytes | None]) -> bytes | None:
    if all(value is None for value in values):
        return None
    each = [_NULL if value is None else _element(value) for value in values]
    return _array(kind, len(values), each, nulls=None in values)


def _element(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _fixed(kind: int, code: str, values: Sequence[int | None]) -> bytes | None:
    if None not in values:
        return _array(kind, len(values), [_packed(code, values)])  # type: ignore[arg-type]  # none of them is None
    if all(value is None for value in values):
        return None
    pack, size = _ELEMENTS[code].pack, _ELEMENTS[code].size - _LENGTH.size
    try:
        each = [_NULL if value is None else pack(size, value) for value in values]
    except StructError as error:
        raise OverflowError(str(error)) from error
    return _array(kind, len(values), each, nulls=True)


def _array(kind: int, number: int, elements: Iterable[bytes], *, nulls: bool = False) -> bytes | None:
    if not number:
        return None
    return b"".join((_HEADER.pack(1, int(nulls), kind), _DIMENSION.pack(number, 1), *elements))


def _packed(code: str, values: Iterable[int]) -> bytes:
    """Pack length and value of each element in network byte order, by a few slice assignments for all of them."""
    packed = array(code, values)
    if sys.byteorder == "little":
        packed.byteswap()
    plain, size = packed.tobytes(), packed.itemsize
    stride = _LENGTH.size + size
    interleaved = bytearray(stride * len(packed))
    interleaved[_LENGTH.size - 1 :: stride] = bytes([size]) * len(packed)
    for offset in range(size):
        interleaved[_LENGTH.size + offset :: stride] = plain[offset::size]
    return bytes(interleaved)
