"""Collect the history of one event id, in order: arrivals, decisions, journals, reversals.

Eight statements, whatever the number of arrivals; a page holds `ARRIVALS` of them, oldest first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import BinaryField, F, Func, Value

from exceptions.models import ExceptionCase, Resolution
from ledger.models import Journal, Posting
from pos.arrivals import queries
from pos.arrivals.versions import VersionState, version_states
from pos.models import EventKey, RawEvent

ARRIVALS: Final = 100
#: Bytes of a body that a page shows; the download has all of it.
SHOWN_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True)
class Moment:
    """An entry of a history: `kind` is arrival, held, journal, reversal or a decision's stage; `what` its row."""

    at: datetime
    kind: str
    what: Any
    version: VersionState | None = None
    postings: Sequence[Posting] = ()


@dataclass(frozen=True, slots=True)
class Timeline:
    """An event id's history. `more_after` is the last raw id shown when there are later arrivals."""

    event_id: str
    key: EventKey | None
    versions: Sequence[VersionState]
    moments: Sequence[Moment]
    more_after: int | None


def get_timeline(tenant_id: int, event_id: str, *, after: int = 0) -> Timeline | None:
    """Collect the history of an event id; None when nothing ever came under it.

    :param after: arrivals up to this raw id were on an earlier page; only the first page has more than arrivals.
    """
    arrivals, more = _page_of_arrivals(tenant_id, event_id, after)
    if not arrivals and not after:
        return None
    key = queries.get_key(tenant_id, event_id)
    versions = version_states(key, queries.list_versions(key)) if key else []
    moments = list(_arrival_moments(arrivals, versions))
    if not after:
        moments += _case_moments(tenant_id, event_id)
        moments += _journal_moments(list_journals(tenant_id, event_id))
    return Timeline(event_id, key, versions, _in_order(moments), arrivals[-1].id if more else None)


def _in_order(moments: list[Moment]) -> list[Moment]:
    """Sort by time; the effects of an arrival directly behind it: the clocks of server and database differ a little."""
    causes: dict[Any, tuple[datetime, int]] = {}
    for moment in moments:
        if moment.kind == "arrival":
            here = (moment.at, moment.what.id)
            causes.setdefault(moment.what.outcome.journal_id, here)
            causes.setdefault(moment.what.outcome.exception_id, here)
    causes.pop(None, None)

    def rank(moment: Moment) -> tuple[datetime, int, int]:
        own = (moment.at, moment.what.id if moment.kind == "arrival" else _LAST)
        return *(causes.get(moment.what.id, own) if moment.kind in _CAUSED else own), _ORDER[moment.kind]

    return sorted(moments, key=rank)


_LAST: Final = 2**63
_CAUSED: Final = frozenset({"held", "journal"})
_ORDER: Final = {"arrival": 0, "held": 1, "journal": 2, "proposed": 3, "resolved": 4, "reversal": 5}


def list_journals(tenant_id: int, event_id: str) -> list[tuple[Journal, list[Posting]]]:
    """List an event's journals, the mirrors it made, and their reversals, with their postings. Three statements."""
    rows = Journal.objects.filter(tenant_id=tenant_id)
    own = rows.filter(source__in=("event", "correction"), source_key=event_id, reverses__isnull=True)
    journals = list(own.order_by("revision", "id"))
    journals += rows.filter(reverses__in=[journal.id for journal in journals]).order_by("id") if journals else []
    postings = Posting.objects.filter(journal_id__in=[journal.id for journal in journals])
    by_journal: dict[int, list[Posting]] = {}
    for posting in postings.select_related("account").order_by("journal_id", "line_no") if journals else ():
        by_journal.setdefault(posting.journal_id, []).append(posting)
    return [(journal, by_journal.get(journal.id, [])) for journal in journals]


def _page_of_arrivals(tenant_id: int, event_id: str, after: int) -> tuple[list[RawEvent], bool]:
    rows = RawEvent.objects.filter(tenant_id=tenant_id, event_id=event_id, id__gt=after)
    # A body may have a megabyte: the page shows the beginning of each.
    head = Func(F("raw_body"), Value(1), Value(SHOWN_BYTES), function="substring", output_field=BinaryField())
    rows = rows.select_related("outcome", "api_key").defer("raw_body").annotate(body_head=head)
    arrivals: list[RawEvent] = [*rows.order_by("id")[: ARRIVALS + 1]]
    return arrivals[:ARRIVALS], len(arrivals) > ARRIVALS


def _arrival_moments(arrivals: Iterable[RawEvent], versions: Sequence[VersionState]) -> Iterator[Moment]:
    by_hash = {version.payload_hash: version for version in versions}
    for row in arrivals:
        yield Moment(row.received_at, "arrival", row, by_hash.get(bytes(row.payload_sha256 or b"")))


def _case_moments(tenant_id: int, event_id: str) -> Iterator[Moment]:
    cases = list(ExceptionCase.objects.filter(tenant_id=tenant_id, idempotency_key=event_id).order_by("created_at"))
    for case in cases:
        yield Moment(case.created_at, "held", case)
    decisions = Resolution.objects.filter(tenant_id=tenant_id, case__in=cases).select_related("case").order_by("id")
    for decision in decisions if cases else ():
        yield Moment(decision.at, decision.stage, decision)


def _journal_moments(journals: Iterable[tuple[Journal, list[Posting]]]) -> Iterator[Moment]:
    for journal, postings in journals:
        kind = "reversal" if journal.reverses_id else "journal"
        yield Moment(journal.recorded_at, kind, journal, postings=postings)
