"""Arrays in binary: what Postgres reads is what was said, whatever it is."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus, Format

from ledgersafe.postgres import arrays
from ledgersafe.postgres.db import raw_connection

Encode = Callable[[Any], bytes | None]

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
KINDS: dict[str, tuple[str, Encode, st.SearchStrategy[Any]]] = {
    "texts": ("text", arrays.texts, TEXTS),
    "labels": ("text", arrays.labels, st.sampled_from(["", "store-1", "é ✓"])),
    "blobs": ("bytea", arrays.blobs, st.binary(max_size=8)),
    "uuids": ("uuid", arrays.uuids, st.uuids()),
    "numbers": ("bigint", arrays.numbers, NUMBERS),
    "flags": ("boolean", arrays.flags, st.booleans()),
    "dates": ("date", arrays.dates, st.dates()),
    "instants": ("timestamptz", arrays.instants, INSTANTS),
}


def read(kind: str, sent: bytes | None) -> Any:
    """What Postgres makes of a parameter of that type."""
    connection.ensure_connection()
    raw = raw_connection()
    result = raw.pgconn.exec_params(f"SELECT $1::{kind}[]".encode(), [sent], None, [1], 1)
    assert result.status == ExecStatus.TUPLES_OK, result.error_message
    value = result.get_value(0, 0)
    return None if value is None else Transformer(raw).get_loader(result.ftype(0), Format.BINARY).load(value)


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_postgres_reads_what_was_said(books: None, name: str, data: st.DataObject) -> None:
    kind, encode, values = KINDS[name]
    said = data.draw(st.lists(st.none() | values, max_size=5))
    wanted = said if any(value is not None for value in said) else None
    assert read(kind, encode(said)) == wanted


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(
    rows=st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(NUMBERS, min_size=width, max_size=width), max_size=4)
    )
)
def test_a_grid_has_rows(books: None, rows: list[list[int]]) -> None:
    assert read("bigint", arrays.grid(rows)) == (rows or None)


def test_an_instant_is_the_same_in_every_zone(books: None) -> None:
    noon = datetime(2026, 2, 25, 12, 0, 0, 1, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    assert read("timestamptz", arrays.instants([noon])) == [noon]


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_a_number_of_more_than_eight_bytes_is_refused(number: int) -> None:
    for numbers in ([number], [number, None]):
        with pytest.raises(OverflowError):
            arrays.numbers(numbers)


def test_empty_and_null_arrays_are_null() -> None:
    nothing: list[None] = [None, None]
    for encode in (arrays.texts, arrays.labels, arrays.blobs, arrays.uuids, arrays.numbers, arrays.flags, arrays.dates):
        assert encode([]) is None
        assert encode(nothing) is None
    assert arrays.grid([]) is None
    assert arrays.uuids([uuid.UUID(int=1)]) is not None
    assert arrays.dates([date(2000, 1, 1)]) is not None
