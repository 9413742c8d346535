"""From a well-formed event to what is done with it if its key is new: post this journal on that day, or hold it.

Pure: everything that is asked of the tenant comes in as a `TenantFacts`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import msgspec
from msgspec.structs import replace

from ledger.calendar.business_days import business_date_of, is_business_day
from ledger.fx.conversion import NO_RATES, Conversion, Rates
from ledger.journals.draft import JournalDraft
from pos.contract.event import Event, Hold
from pos.references.original import Original
from pos.references.usage import KINDS, VOID, Reference
from pos.rules.foreign_tenders import conversions_of
from pos.rules.referring import ReferringPosting, draft_against
from pos.rules.sale import NEED_REFERENCE, draft_of

MAX_CLOCK_AHEAD: Final = timedelta(minutes=5)
#: What may be paid in a foreign currency.
_PAID: Final = frozenset({"SALE", "CORRECTION"})
#: No till reports sales from before this; a clock that does was never set.
CLOCK_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class PostingSettings:
    """What a verdict depends on besides the event.

    :ivar books_start: the first business day anything is posted on.
    :ivar zones: by code, of the stores in another time zone than the tenant's.
    """

    enabled_event_types: Collection[str]
    time_zone: str
    cut_off: time
    late_window_days: int
    closed_through: date | None
    books_start: date
    zones: Mapping[str, str] = field(default_factory=dict)

    def zone_of(self, store_code: str) -> str:
        """The time zone of a store."""
        return self.zones.get(store_code, self.time_zone)

    def day_of(self, instant: datetime, store_code: str) -> date:
        """The business day of an instant in a store."""
        return business_date_of(instant, time_zone=self.zone_of(store_code), cut_off=self.cut_off)

    def has_day(self, day: date) -> bool:
        """Whether the tenant has such a day: clocks may have skipped the date."""
        return is_business_day(day, time_zone=self.time_zone, cut_off=self.cut_off)


class Post(msgspec.Struct, frozen=True, gc=False):
    """Post this draft on this business day. `is_late`: the event's own day was closed already.

    `conversions`: what was paid in foreign currencies, kept beside the journal with the rates it was converted by.
    Of an event about another one also: what it refers to, the references it makes, the mirror a correction posts, and
    the event with what it left to its original filled in.
    """

    event: Event
    draft: JournalDraft
    business_date: date
    is_late: bool
    conversions: tuple[Conversion, ...] = ()
    original: Original | None = None
    references: tuple[Reference, ...] = ()
    mirror: JournalDraft | None = None
    content: Event | None = None


def refers(event: Event) -> bool:
    """Whether what the event does depends on another event, and it says on which."""
    return event.references is not None and event.event_type in NEED_REFERENCE


def decide_posting(
    event: Event,
    facts: PostingSettings,
    *,
    now: datetime,
    dated: bool = False,
    rates: Rates = NO_RATES,
    original: Original | Hold | None = None,
) -> Post | Hold:
    """What is done with a new event.

    :param now: the instant it was received, or is replayed.
    :param rates: those that held at `occurred_at`, by the foreign currencies it was paid in.
    :param dated: an operator has set its `business_date`, which then need not go with `occurred_at`.
    :param original: of an event about another one: that one, or why it is not to be had.
    """
    if event.event_type not in facts.enabled_event_types:
        return Hold("UNKNOWN_EVENT_TYPE", f"Event type {event.event_type} is switched off for this tenant.")
    if isinstance(original, Hold):
        return original
    referred = draft_against(event, original, rates) if original is not None else None
    if isinstance(referred, Hold):
        return referred
    post = _dated(event, referred.draft if referred else draft_of(event, rates), facts, now, dated=dated)
    if rates and isinstance(post, Post) and post.draft.lines and event.event_type in _PAID:
        converted = conversions_of(event, event.tenders, rates)
        post = converted if isinstance(converted, Hold) else replace(post, conversions=converted)
    if isinstance(post, Hold) or referred is None or original is None:
        return post
    return _of_the_same_day(post, original) or _with(post, original, referred)


def _with(post: Post, original: Original, referred: ReferringPosting) -> Post:
    return replace(
        post,
        original=original,
        references=referred.references,
        mirror=referred.mirror,
        content=referred.content,
    )


def _of_the_same_day(post: Post, original: Original) -> Hold | None:
    """What undoes as if it had not been belongs to the day that is undone, while it lasts."""
    if KINDS[post.event.event_type] != VOID:
        return None
    what = f"A {post.event.event_type} undoes what is of its own business day; {original.event.event_id} is"
    if post.is_late:
        return Hold("DAY_CLOSED", f"{what} of a day that is closed. Send a RETURN or a CORRECTION.")
    if post.business_date != original.business_date:
        return Hold("CANNOT_EXCEED_ORIGINAL", f"{what} of {original.business_date}. Send a RETURN or a CORRECTION.")
    return None


def _dated(
    event: Event, draft: JournalDraft | Hold, facts: PostingSettings, now: datetime, *, dated: bool
) -> Post | Hold:
    if isinstance(draft, Hold):
        return draft
    if skew := _clock_skew(event, now):
        return skew
    own_day = facts.day_of(event.occurred_at, event.store_code)
    if not _may_belong(event, own_day, facts, now, dated=dated):
        return Hold("CLOCK_SKEW", f"business_date {event.business_date} does not go with occurred_at ({own_day}).")
    day = event.business_date or own_day
    if day < facts.books_start:  # a clock that was never set, or a till that kept its sales longer than anybody thought
        return Hold("CLOCK_SKEW", f"Business day {day} lies before the books start on {facts.books_start}.")
    return _on_open_day(event, draft, day, facts, now)


def _may_belong(event: Event, own_day: date, facts: PostingSettings, now: datetime, *, dated: bool) -> bool:
    """A till may be a day off; an operator may move an event to any later day that has begun."""
    if event.business_date is None:
        return True
    last = own_day + timedelta(days=1)
    if dated:
        last = max(last, facts.day_of(now, event.store_code))
    if not own_day - timedelta(days=1) <= event.business_date <= last:
        return False
    # A till may name a date that clocks skipped where it stands; the tenant's own have the row of the day.
    return event.business_date == own_day or facts.has_day(event.business_date)


def _clock_skew(event: Event, now: datetime) -> Hold | None:
    if event.occurred_at > now + MAX_CLOCK_AHEAD:
        return Hold("CLOCK_SKEW", f"occurred_at lies {_told(event.occurred_at - now)} in the future.")
    if event.occurred_at < CLOCK_EPOCH:
        return Hold("CLOCK_SKEW", "occurred_at lies before the year 2000: the till's clock was never set.")
    return None


def _told(span: timedelta) -> str:
    """As people say it: 12 minutes, 3 hours, 400 days."""
    seconds = int(span.total_seconds())
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"


def _on_open_day(event: Event, draft: JournalDraft, day: date, facts: PostingSettings, now: datetime) -> Post | Hold:
    """The event's own day, or today's when that is closed and the event not too late."""
    if facts.closed_through is None or day > facts.closed_through:
        return Post(event, draft, day, is_late=False)
    today = max(facts.day_of(now, event.store_code), facts.closed_through + timedelta(days=1))
    if (today - day).days > facts.late_window_days:
        return Hold(
            "LATE_EVENT_OUTSIDE_WINDOW",
            f"Business day {day} is closed, and {facts.late_window_days} days of grace are over.",
        )
    return Post(event, draft, today, is_late=True)
