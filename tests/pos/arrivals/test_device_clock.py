"""What a device's own clock does to the instants it claims: the arithmetic, and three instants in bronze."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pos.arrivals import device_clock, read_arrival
from pos.contract import Event, Hold

NOON = datetime(2026, 2, 25, 12, tzinfo=UTC)
SALE = (
    b'{"schema_version": "1.0", "tenant_id": "t", "store_id": "s", "source_system": "pos", "event_id": "e", '
    b'"event_type": "SALE", "occurred_at": "%s", "txn_id": "x", "total_amount": 1}'
)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("off", "wrong"),
    [
        (timedelta(), False),
        (timedelta(seconds=60), False),
        (timedelta(seconds=-60), False),
        (timedelta(seconds=60, microseconds=1), True),
        (timedelta(seconds=-61), True),
        (timedelta(days=366), True),
        (timedelta(days=366, microseconds=1), False),
        (timedelta(days=-367), False),
    ],
)
def test_a_clock_is_corrected_when_it_is_off_by_more_than_a_minute(off: timedelta, wrong: bool) -> None:
    assert device_clock.is_wrong(NOON - off, NOON) is wrong


@pytest.mark.parametrize(
    ("claimed", "sent", "right"),
    [
        (hours(-3), hours(-2), hours(-1)),  # two hours slow
        (hours(1), hours(2), hours(-1)),  # two hours fast
        (hours(-2), hours(-2), hours(0)),  # at the instant of sending
        (hours(-2) + timedelta(minutes=4), hours(-2), hours(0)),  # after it: never later than received
    ],
)
def test_an_instant_is_moved_by_what_the_clock_is_off(claimed: timedelta, sent: timedelta, right: timedelta) -> None:
    assert device_clock.corrected(NOON + claimed, sent=NOON + sent, received=NOON) == NOON + right


def test_an_instant_that_would_leave_the_calendar_is_not_corrected() -> None:
    first = datetime.min.replace(tzinfo=UTC)
    assert device_clock.corrected(first, sent=NOON + hours(1), received=NOON) is None


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("2026-02-25T12:00:00Z", NOON),
        ("2026-02-25T14:00:00+02:00", NOON),
        ("2026-02-25T12:00:00", None),
        ("2026-02-30T12:00:00Z", None),
        ("1772020800", None),
        ("Wed, 25 Feb 2026 12:00:00 GMT", None),
        ("", None),
        (None, None),
        ("0001-01-01T00:00:00+23:59", None),
        ("２026-02-25T12:00:00Z", None),
    ],
)
def test_a_header_is_an_instant_with_an_offset_or_nothing(header: Any, read: datetime | None) -> None:
    assert device_clock.sent_at({device_clock.HEADER: header}) == read


def corrected(claimed: str, sent: datetime) -> Any:
    arrival = read_arrival(SALE % claimed.encode(), base_currency="USD")
    before = arrival.payload_hash
    arrival = device_clock.correct(arrival, sent=sent, received=NOON)
    assert arrival.payload_hash == before
    return arrival


def test_an_arrival_keeps_what_it_claims_beside_the_right_instant() -> None:
    arrival = corrected("2026-02-25T09:00:00Z", NOON - hours(2))
    assert isinstance(arrival.reading, Event)
    assert (arrival.claimed_at, arrival.corrected_at) == (NOON - hours(3), NOON - hours(1))
    assert arrival.reading.occurred_at == arrival.corrected_at


def test_what_claims_to_have_happened_after_it_was_sent_is_held() -> None:
    arrival = corrected("2026-02-25T10:06:00Z", NOON - hours(2))
    assert isinstance(arrival.reading, Hold)
    assert arrival.reading.reason_code == "CLOCK_SKEW"


def test_what_is_held_for_something_else_is_corrected_too() -> None:
    arrival = read_arrival(SALE.replace(b": 1}", b": true}") % b"2026-02-25T09:00:00Z", base_currency="USD")
    arrival = device_clock.correct(arrival, sent=NOON - hours(2), received=NOON)
    assert isinstance(arrival.reading, Hold)
    assert arrival.corrected_at == NOON - hours(1)


def test_what_cannot_be_read_is_not_corrected() -> None:
    arrival = corrected("yesterday", NOON - hours(2))
    assert isinstance(arrival.reading, Hold)
    assert arrival.claimed_at is None
