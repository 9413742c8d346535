"""Find the business day of an instant, and the instants at which a business day starts and ends. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_REACH: Final = timedelta(days=2)
_FIRST, _LAST = date.min + 2 * _REACH, date.max - 2 * _REACH


def business_date_of(instant: datetime, *, time_zone: str, cut_off: time) -> date:
    """Return the business day of an instant. A day ends, exclusively, at the local cut-off of its date.

    With a cut-off of 23:59, a sale at 23:59:30 local time belongs to the next day.
    """
    in_utc = instant.astimezone(UTC)
    # Compared as instants, not as clock faces: where clocks change the same face shows twice, or never.
    ends = _ends_around(in_utc.date(), time_zone, cut_off)
    return next((day for end, day in ends if in_utc < end), in_utc.date())


@lru_cache(maxsize=1 << 12)
def _ends_around(utc_day: date, time_zone: str, cut_off: time) -> tuple[tuple[datetime, date], ...]:
    """Return (end, day) of the business days that an instant of this UTC day may belong to, in order.

    No zone is a whole day from UTC, but where clocks skip a date, and the cut-off with it, a day ends a date later.
    """
    zone = ZoneInfo(time_zone)
    first, last = max(utc_day, _FIRST) - _REACH, min(utc_day, _LAST) + _REACH
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return tuple((datetime.combine(day, cut_off, zone).astimezone(UTC), day) for day in days)


def span_of(day: date, *, time_zone: str, cut_off: time) -> tuple[datetime, datetime]:
    """Return [start, end) of a business day in UTC; 23 to 25 hours where daylight saving time starts or ends."""
    zone = ZoneInfo(time_zone)
    start = datetime.combine(day - timedelta(days=1), cut_off, zone)
    end = datetime.combine(day, cut_off, zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def is_business_day(day: date, *, time_zone: str, cut_off: time) -> bool:
    """Tell whether the day exists: it has no time where clocks skipped the date, and the cut-off with it."""
    start, end = span_of(day, time_zone=time_zone, cut_off=cut_off)
    return start < end
