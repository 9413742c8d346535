"""Nights on which clocks change, in every time zone there is: days tile, and end at the local cut-off."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.calendar import business_date_of, span_of

HOUR = timedelta(hours=1)
ZONES = sorted(available_timezones() - {"localtime", "Factory"})
instants = st.datetimes(datetime(2015, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  it adds it
cut_offs = st.builds(time, st.integers(0, 23), st.integers(0, 59))

#: Time zone, cut-off, day, its end in UTC, how many hours it has.
NIGHTS = [
    ("America/New_York", "23:59", "2026-03-07", "2026-03-08T04:59", 24),
    ("America/New_York", "23:59", "2026-03-08", "2026-03-09T03:59", 23),
    ("America/New_York", "04:00", "2026-03-08", "2026-03-08T08:00", 23),
    # 02:30 is skipped: the day ends an hour of the clock later, at the instant it would have been.
    ("America/New_York", "02:30", "2026-03-08", "2026-03-08T07:30", 24),
    ("America/New_York", "02:30", "2026-03-09", "2026-03-09T06:30", 23),
    ("America/New_York", "23:59", "2026-11-01", "2026-11-02T04:59", 25),
    ("America/New_York", "04:00", "2026-11-01", "2026-11-01T09:00", 25),
    # 01:30 comes twice: the day ends the first time.
    ("America/New_York", "01:30", "2026-11-01", "2026-11-01T05:30", 24),
    ("America/New_York", "01:30", "2026-11-02", "2026-11-02T06:30", 25),
    ("Europe/Berlin", "23:59", "2026-03-29", "2026-03-29T21:59", 23),
    ("Europe/Berlin", "03:00", "2026-03-29", "2026-03-29T01:00", 23),
    ("Europe/Berlin", "23:59", "2026-10-25", "2026-10-25T22:59", 25),
    ("Europe/Berlin", "02:30", "2026-10-25", "2026-10-25T00:30", 24),
    ("Australia/Lord_Howe", "23:59", "2026-04-05", "2026-04-05T13:29", 24.5),
    ("Australia/Lord_Howe", "23:59", "2026-10-04", "2026-10-04T12:59", 23.5),
    ("Antarctica/Troll", "23:59", "2026-03-29", "2026-03-29T21:59", 22),
    ("Antarctica/Troll", "23:59", "2026-10-25", "2026-10-25T23:59", 26),
    # From 23:00 to midnight: the default cut-off is skipped, and the day ends after midnight by the clock.
    ("America/Nuuk", "23:59", "2026-03-28", "2026-03-29T01:59", 24),
    ("America/Nuuk", "23:59", "2026-03-29", "2026-03-30T00:59", 23),
    ("Asia/Tokyo", "23:59", "2026-03-29", "2026-03-29T14:59", 24),
]


@pytest.mark.parametrize(("zone", "cut_off", "day", "ends_at", "hours"), NIGHTS)
def test_a_night_has_the_hours_its_clock_says(zone: str, cut_off: str, day: str, ends_at: str, hours: float) -> None:
    how = {"time_zone": zone, "cut_off": time.fromisoformat(cut_off)}
    the_day, end = date.fromisoformat(day), datetime.fromisoformat(f"{ends_at}:00+00:00")
    assert span_of(the_day, **how) == (end - hours * HOUR, end)  # type: ignore[arg-type]
    moments = (end - hours * HOUR, end - timedelta(microseconds=1), end)
    days = [business_date_of(moment, **how) for moment in moments]  # type: ignore[arg-type]
    assert days == [the_day, the_day, the_day + timedelta(days=1)]


@given(st.sampled_from(ZONES), cut_offs, instants)
def test_every_instant_belongs_to_the_one_day_whose_span_it_lies_in(
    zone: str, cut_off: time, instant: datetime
) -> None:
    day = business_date_of(instant, time_zone=zone, cut_off=cut_off)
    start, end = span_of(day, time_zone=zone, cut_off=cut_off)
    assert start <= instant < end
    assert 22 * HOUR <= end - start <= 26 * HOUR


@pytest.mark.parametrize(
    ("zone", "instant", "day"),
    [
        ("America/Goose_Bay", "2002-10-27T03:21", date(2002, 10, 28)),
        ("America/Moncton", "2000-10-29T03:45", date(2000, 10, 30)),
    ],
)
def test_an_evening_that_comes_twice_belongs_to_the_day_that_has_begun(zone: str, instant: str, day: date) -> None:
    """Clocks went back just after midnight, the cut-off here: the evening before it comes again, and ends nothing."""
    moment = datetime.fromisoformat(f"{instant}:00+00:00")
    assert business_date_of(moment, time_zone=zone, cut_off=time(0)) == day
    start, end = span_of(day, time_zone=zone, cut_off=time(0))
    assert start <= moment < end


@given(st.sampled_from(ZONES), cut_offs, instants)
def test_days_tile_and_each_ends_at_the_local_cut_off(zone: str, cut_off: time, instant: datetime) -> None:
    day = business_date_of(instant, time_zone=zone, cut_off=cut_off)
    end = span_of(day, time_zone=zone, cut_off=cut_off)[1]
    assert span_of(day + timedelta(days=1), time_zone=zone, cut_off=cut_off)[0] == end
    local = datetime.combine(day, cut_off, ZoneInfo(zone))
    exists = local.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local.replace(tzinfo=None)
    local = end.astimezone(ZoneInfo(zone))
    assert (local.date(), local.time()) == (day, cut_off) or not exists


@given(st.sampled_from(ZONES), cut_offs, instants, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_time_never_goes_back_a_day(zone: str, cut_off: time, instant: datetime, later: timedelta) -> None:
    days = [business_date_of(moment, time_zone=zone, cut_off=cut_off) for moment in (instant, instant + later)]
    assert days[0] <= days[1]
