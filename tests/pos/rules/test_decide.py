"""Which business day an event belongs to, and when its clock, or the closed books, stand against it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from ledger.calendar import business_date_of, span_of
from pos.contract import EVENT_TYPES, Event, Hold, read_event
from pos.rules import Post, PostingSettings, decide, decide_posting
from tests.pos.rules.test_sale import ENVELOPE

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TENANT = PostingSettings(
    enabled_event_types=frozenset({"SALE", "NO_SALE"}),
    time_zone="UTC",
    cut_off=time(23, 59),
    late_window_days=3,
    closed_through=None,
    books_start=date(1999, 12, 31),
)


def decision_on(
    occurred_at: str, *, now: datetime = NOW, tenant: PostingSettings = TENANT, **fields: Any
) -> Post | Hold:
    event = read_event(ENVELOPE | {"total_amount": 5, "occurred_at": occurred_at} | fields, base_currency="USD")
    assert isinstance(event, Event), event
    return decide_posting(event, tenant, now=now)


def day_of(decision: Post | Hold) -> tuple[date, bool] | str:
    """Business day and whether late, or the reason it is held for."""
    return decision.reason_code if isinstance(decision, Hold) else (decision.business_date, decision.is_late)


def on_time(day: str) -> tuple[date, bool]:
    return date.fromisoformat(day), False


DAYS: list[tuple[str, time, str, str]] = [
    ("UTC", time(23, 59), "2026-02-25T23:58:59.999999Z", "2026-02-25"),
    ("UTC", time(23, 59), "2026-02-25T23:59:00Z", "2026-02-26"),
    ("UTC", time(23, 59), "2026-02-28T23:59:00Z", "2026-03-01"),
    ("UTC", time(23, 59), "2025-12-31T23:59:00Z", "2026-01-01"),
    ("UTC", time(4, 0), "2026-02-25T03:59:59Z", "2026-02-25"),
    ("UTC", time(4, 0), "2026-02-25T04:00:00Z", "2026-02-26"),
    ("UTC", time(0, 0), "2026-02-25T00:00:00Z", "2026-02-26"),
    ("America/New_York", time(23, 59), "2026-02-26T04:00:00Z", "2026-02-25"),
    ("America/New_York", time(23, 59), "2026-02-25T23:30:00-05:00", "2026-02-25"),
    ("Asia/Tokyo", time(23, 59), "2026-02-25T15:30:00Z", "2026-02-26"),
    ("Asia/Kolkata", time(23, 59), "2026-02-25T18:29:30Z", "2026-02-26"),
    ("Pacific/Kiritimati", time(23, 59), "2026-02-25T10:00:00Z", "2026-02-26"),
    # Clocks go forward (02:00 → 03:00) and back (03:00 → 02:00); the cut-off stands inside the gap and the fold.
    ("Europe/Athens", time(23, 59), "2026-03-28T21:58:00Z", "2026-03-28"),
    ("Europe/Athens", time(23, 59), "2026-03-29T20:58:59Z", "2026-03-29"),
    ("Europe/Athens", time(23, 59), "2026-03-29T20:59:00Z", "2026-03-30"),
    ("Europe/Berlin", time(2, 30), "2026-03-29T00:59:59Z", "2026-03-29"),
    ("Europe/Berlin", time(2, 30), "2026-10-25T00:29:59Z", "2026-10-25"),
    ("Europe/Berlin", time(3, 30), "2026-10-25T01:59:59Z", "2026-10-25"),
    ("Europe/Berlin", time(3, 30), "2026-10-25T02:30:00Z", "2026-10-26"),
]


@pytest.mark.parametrize(("zone", "cut_off", "occurred_at", "day"), DAYS)
def test_a_day_ends_at_the_local_cut_off(zone: str, cut_off: time, occurred_at: str, day: str) -> None:
    tenant = replace(TENANT, time_zone=zone, cut_off=cut_off)
    assert day_of(decision_on(occurred_at, tenant=tenant)) == on_time(day)


@pytest.mark.parametrize("minutes", range(0, 120, 5))
def test_the_night_clocks_go_back_has_one_end_of_day(minutes: int) -> None:
    # 02:30 local time comes twice; a day that has ended does not begin again.
    tenant = replace(TENANT, time_zone="Europe/Berlin", cut_off=time(2, 30))
    before = datetime(2026, 10, 25, 0, 0, tzinfo=UTC) + timedelta(minutes=minutes)
    first, second = (
        day_of(decision_on(instant.isoformat(), tenant=tenant)) for instant in (before, before + timedelta(minutes=5))
    )
    assert first <= second  # type: ignore[operator]


@pytest.mark.parametrize("cut_off", [time(0, 0), time(2, 0), time(2, 30), time(3, 0), time(3, 30), time(23, 59)])
@pytest.mark.parametrize("start", [datetime(2026, 3, 28, 21, tzinfo=UTC), datetime(2026, 10, 24, 21, tzinfo=UTC)])
def test_an_instant_lies_within_the_span_of_its_day(cut_off: time, start: datetime) -> None:
    for minutes in range(0, 6 * 60, 5):
        instant = start + timedelta(minutes=minutes)
        day = business_date_of(instant, time_zone="Europe/Berlin", cut_off=cut_off)
        begins, ends = span_of(day, time_zone="Europe/Berlin", cut_off=cut_off)
        assert begins <= instant < ends, (instant, day)


CLOCKS: list[tuple[str, str | None]] = [
    ("2026-11-21T12:05:00Z", None),
    ("2026-11-21T12:05:00.000001Z", "CLOCK_SKEW"),
    ("2026-11-21T13:05:00+01:00", None),
    ("2026-11-21T13:06:00+01:00", "CLOCK_SKEW"),
    ("2000-01-01T00:00:00Z", None),
    ("1999-12-31T23:59:59Z", "CLOCK_SKEW"),
    ("1970-01-01T00:00:00Z", "CLOCK_SKEW"),
    ("0001-01-01T00:00:00Z", "CLOCK_SKEW"),
    ("9999-12-31T23:58:00Z", "CLOCK_SKEW"),
    ("9999-12-31T23:59:59Z", "CLOCK_SKEW"),
]


@pytest.mark.parametrize(("occurred_at", "reason"), CLOCKS)
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_a_clock_that_is_wrong_is_noticed(occurred_at: str, reason: str | None, zone: str) -> None:
    decision = decision_on(occurred_at, tenant=replace(TENANT, time_zone=zone))
    assert (decision.reason_code if isinstance(decision, Hold) else None) == reason


@pytest.mark.parametrize(
    ("business_date", "expected"),
    [
        ("2026-11-19", "CLOCK_SKEW"),
        ("2026-11-20", on_time("2026-11-20")),
        ("2026-11-21", on_time("2026-11-21")),
        ("2026-11-22", on_time("2026-11-22")),
        ("2026-11-23", "CLOCK_SKEW"),
        ("0001-01-01", "CLOCK_SKEW"),
        ("9999-12-31", "CLOCK_SKEW"),
        (None, on_time("2026-11-21")),
    ],
)
def test_the_till_may_name_its_business_date(business_date: str | None, expected: Any) -> None:
    fields: dict[str, Any] = {"business_date": business_date} if business_date else {}
    assert day_of(decision_on("2026-11-21T09:00:00Z", **fields)) == expected


def late(day: str) -> tuple[date, bool]:
    return date.fromisoformat(day), True


@pytest.mark.parametrize(
    ("closed_through", "occurred_at", "window", "expected"),
    [
        ("2026-11-20", "2026-11-21T09:00:00Z", 3, on_time("2026-11-21")),
        ("2026-11-20", "2026-11-20T09:00:00Z", 3, late("2026-11-21")),
        ("2026-11-20", "2026-11-18T09:00:00Z", 3, late("2026-11-21")),
        ("2026-11-20", "2026-11-17T09:00:00Z", 3, "LATE_EVENT_OUTSIDE_WINDOW"),
        ("2026-11-20", "2026-11-20T09:00:00Z", 0, "LATE_EVENT_OUTSIDE_WINDOW"),
        ("2026-11-20", "2026-11-20T23:59:00Z", 0, on_time("2026-11-21")),
        # Today is closed already: what still comes belongs to tomorrow.
        ("2026-11-21", "2026-11-21T11:00:00Z", 3, late("2026-11-22")),
        ("2026-11-10", "2026-11-11T09:00:00Z", 3, on_time("2026-11-11")),
    ],
)
def test_an_event_of_a_closed_day_is_late_within_the_window(
    closed_through: str, occurred_at: str, window: int, expected: Any
) -> None:
    tenant = replace(TENANT, closed_through=date.fromisoformat(closed_through), late_window_days=window)
    decision = decision_on(occurred_at, tenant=tenant)
    assert day_of(decision) == expected
    if isinstance(decision, Post):
        assert decision.event.occurred_at == datetime.fromisoformat(occurred_at)


def test_a_type_that_is_switched_off_is_unknown() -> None:
    assert day_of(decision_on("2026-11-21T09:00:00Z", event_type="PAID_IN")) == "UNKNOWN_EVENT_TYPE"


def test_every_event_type_has_a_rule_in_every_version() -> None:
    assert {version: frozenset(rules) for version, rules in decide._RULES_BY_VERSION.items()} == {
        1: EVENT_TYPES,
        2: EVENT_TYPES,
    }
