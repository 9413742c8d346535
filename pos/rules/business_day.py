"""The business day an event is posted on: its own, today's when that is closed, or none. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from ledger.calendar import business_date_of, is_business_day
from pos.contract import Event, Hold

MAX_CLOCK_AHEAD: Final = timedelta(minutes=5)
#: No till reports sales from before this instant; a clock that does was never set.
CLOCK_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PostingSettings:
    """A tenant's settings as far as the rules depend on them.

    :ivar closed_through: the last closed business day; None before the first close.
    :ivar books_start: the first business day anything is posted on.
    :ivar zones: time zones by store code, of the stores in another zone than the tenant's.
    """

    enabled_event_types: Collection[str]
    time_zone: str
    cut_off: time
    late_window_days: int
    closed_through: date | None
    books_start: date
    zones: Mapping[str, str] = field(default_factory=dict)

    def zone_of(self, store_code: str) -> str:
        """Return the time zone of a store."""
        return self.zones.get(store_code, self.time_zone)

    def day_of(self, instant: datetime, store_code: str) -> date:
        """Return the business day of an instant in a store."""
        return business_date_of(instant, time_zone=self.zone_of(store_code), cut_off=self.cut_off)

    def has_day(self, day: date) -> bool:
        """Tell whether the tenant has such a day: its clocks may have skipped the date."""
        return is_business_day(day, time_zone=self.time_zone, cut_off=self.cut_off)


class PostingDay(NamedTuple):
    """The business day a journal is posted on; `is_late`: the event's own day was closed already."""

    date: date
    is_late: bool


def posting_day(event: Event, settings: PostingSettings, now: datetime, *, dated: bool) -> PostingDay | Hold:
    """Choose the business day an event is posted on, or hold the event.

    :param dated: an operator has set its `business_date`, which then need not go with `occurred_at`.
    """
    if skew := _clock_skew(event, now):
        return skew
    own_day = settings.day_of(event.occurred_at, event.store_code)
    if not _may_belong(event, own_day, settings, now, dated=dated):
        return Hold("CLOCK_SKEW", f"business_date {event.business_date} does not go with occurred_at ({own_day}).")
    day = event.business_date or own_day
    if day < settings.books_start:  # a clock that was never set, or a till that kept its sales for a very long time
        return Hold("CLOCK_SKEW", f"Business day {day} lies before the books start on {settings.books_start}.")
    return _on_open_day(event, day, settings, now)


def _clock_skew(event: Event, now: datetime) -> Hold | None:
    if event.occurred_at > now + MAX_CLOCK_AHEAD:
        return Hold("CLOCK_SKEW", f"occurred_at lies {_in_words(event.occurred_at - now)} in the future.")
    if event.occurred_at < CLOCK_EPOCH:
        return Hold("CLOCK_SKEW", "occurred_at lies before the year 2000: the till's clock was never set.")
    return None


def _in_words(span: timedelta) -> str:
    """Write a span as people say it: 12 minutes, 3 hours, 400 days."""
    seconds = int(span.total_seconds())
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"


def _may_belong(event: Event, own_day: date, settings: PostingSettings, now: datetime, *, dated: bool) -> bool:
    """Tell whether an event may name this business day.

    A till may be a day off; an operator may move an event to any later day that has begun.
    """
    if event.business_date is None:
        return True
    last = own_day + timedelta(days=1)
    if dated:
        last = max(last, settings.day_of(now, event.store_code))
    if not own_day - timedelta(days=1) <= event.business_date <= last:
        return False
    # A till may name a date that clocks skipped where it stands; the tenant's own have the row of the day.
    return event.business_date == own_day or settings.has_day(event.business_date)


def _on_open_day(event: Event, day: date, settings: PostingSettings, now: datetime) -> PostingDay | Hold:
    """The event's own day; today's when that is closed and the event not too late."""
    if settings.closed_through is None or day > settings.closed_through:
        return PostingDay(day, False)
    today = max(settings.day_of(now, event.store_code), settings.closed_through + timedelta(days=1))
    if (today - day).days > settings.late_window_days:
        return Hold(
            "LATE_EVENT_OUTSIDE_WINDOW",
            f"Business day {day} is closed, and {settings.late_window_days} days of grace are over.",
        )
    return PostingDay(today, True)
