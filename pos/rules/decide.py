"""Decide a well-formed event as if its key were new: post this journal on that day, or hold the event. Pure.

Everything the decision needs of the tenant comes in as `PostingSettings`; the table below has one rule for each type.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, TypeAlias

import msgspec
from msgspec.structs import replace

from ledger.fx import NO_RATES, Conversion, Rates
from ledger.journals import JournalDraft
from ledgersafe.tenants.event_types import SELLING
from pos.contract import Event, Hold
from pos.references import KINDS, VOID, Original, Reference
from pos.rules import cash
from pos.rules.business_day import PostingSettings, posting_day
from pos.rules.foreign_tenders import conversions_of
from pos.rules.outcome import ReferringPosting
from pos.rules.referring import draft_against
from pos.rules.sale import draft_sale

RULES_VERSION: Final = 2

Rule: TypeAlias = Callable[[Event, Rates], JournalDraft | Hold]


class Post(msgspec.Struct, frozen=True, gc=False):
    """Post this draft on this business day.

    `is_late`: the event's own day was closed already. `conversions`: payments in foreign currencies, kept beside the
    journal with the rates they were converted by. Of an event about another event also: its original, the references
    it makes, the mirror a correction posts, and the event with the parts it left to its original filled in.
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


def _wait_for_original(event: Event, _: Rates) -> Hold:
    return Hold("MISSING_REFERENCE", f"A {event.event_type} waits for the sale it refers to.")


#: What each type posts alone. Types about another event wait for it; then `draft_against` has their rules.
_RULES: Final[dict[str, Rule]] = {
    "SALE": draft_sale,
    "PAID_IN": cash.draft_paid_in,
    "PAID_OUT": cash.draft_paid_out,
    "PAYOUT": cash.draft_paid_out,
    "CASH_DROP": cash.draft_cash_drop,
    "NO_SALE": cash.draft_no_sale,
} | dict.fromkeys(KINDS, _wait_for_original)
#: By version: journals name the rules they were made by. A new version is added here; none is ever taken away.
_RULES_BY_VERSION: Final[Mapping[int, Mapping[str, Rule]]] = {
    1: {**_RULES, "PAID_IN": cash.draft_paid_in_v1},
    2: _RULES,
}


def draft_of(event: Event, rates: Rates = NO_RATES, *, version: int = RULES_VERSION) -> JournalDraft | Hold:
    """Draft the journal an event makes alone, or hold it when that is not certain.

    :param rates: into the event's currency, by the currencies it was paid in; an ordinary event needs none.
    :param version: of the rules, for deriving history again.
    :returns: a draft without lines when the event moves no money (`NO_SALE`, a sale of nothing).
    """
    return _RULES_BY_VERSION[version][event.event_type](event, rates)


def refers(event: Event) -> bool:
    """Tell whether the event is about another event, and names it."""
    return event.references is not None and event.event_type in KINDS


def decide_posting(
    event: Event,
    settings: PostingSettings,
    *,
    now: datetime,
    dated: bool = False,
    rates: Rates = NO_RATES,
    original: Original | Hold | None = None,
) -> Post | Hold:
    """Decide an event: post it, or hold it.

    :param now: the instant it was received, or is replayed.
    :param dated: an operator has set its `business_date`, which then need not go with `occurred_at`.
    :param rates: those that held at `occurred_at`, by the foreign currencies it was paid in.
    :param original: of an event about another event: that event, or the reason why there is none.
    """
    if event.event_type not in settings.enabled_event_types:
        return Hold("UNKNOWN_EVENT_TYPE", f"Event type {event.event_type} is switched off for this tenant.")
    if original is None:
        return _post(event, draft_of(event, rates), settings, now, rates, dated=dated)
    if isinstance(original, Hold):
        return original
    posting = draft_against(event, original, rates)
    if isinstance(posting, Hold):
        return posting
    post = _post(event, posting.draft, settings, now, rates, dated=dated)
    if isinstance(post, Hold):
        return post
    return _not_of_the_day(post, original) or _with(post, original, posting)


def _post(
    event: Event, draft: JournalDraft | Hold, settings: PostingSettings, now: datetime, rates: Rates, *, dated: bool
) -> Post | Hold:
    if isinstance(draft, Hold):
        return draft
    day = posting_day(event, settings, now, dated=dated)
    if isinstance(day, Hold):
        return day
    conversions: tuple[Conversion, ...] | Hold = ()
    if rates and draft.lines and event.event_type in SELLING:
        conversions = conversions_of(event, event.tenders, rates)
    if isinstance(conversions, Hold):
        return conversions
    return Post(event, draft, day.date, day.is_late, conversions)


def _with(post: Post, original: Original, posting: ReferringPosting) -> Post:
    return replace(
        post,
        original=original,
        references=posting.references,
        mirror=posting.mirror,
        content=posting.content,
    )


def _not_of_the_day(post: Post, original: Original) -> Hold | None:
    """Hold a VOID or CANCEL of another business day: it takes its original out of the day that one stands on."""
    if KINDS[post.event.event_type] != VOID:
        return None
    what = f"A {post.event.event_type} undoes what is of its own business day; {original.event.event_id} is"
    if post.is_late:
        return Hold("DAY_CLOSED", f"{what} of a day that is closed. Send a RETURN or a CORRECTION.")
    if post.business_date != original.business_date:
        return Hold("CANNOT_EXCEED_ORIGINAL", f"{what} of {original.business_date}. Send a RETURN or a CORRECTION.")
    return None
