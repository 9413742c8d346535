"""Which version of an event a decision means, and what choosing it would do. Pure, but for the rules' own log.

`pos.decisions.held_cases.Held` is what a ruling is made from, and `Originals` what it is about; `rule` turns them and a
decision into a `Ruling`, and touches no database.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from exceptions.decisions import FIRST, LAST, Decision, DecisionAction, InvalidCanonicalRawId, InvalidPatch
from exceptions.patching import patched
from ledger.fx.conversion import NO_RATES, Rates
from ledger.models import Journal
from ledgersafe.values import exact_json
from ledgersafe.values.errors import DomainError
from pos.arrivals import Arrival, Refusal, device_clock, read_arrival
from pos.contract import Event, Hold, PanDetected
from pos.decisions.held_cases import HeldCase
from pos.models import Disposition, KeyStatus, RawEvent
from pos.references.lookup import CorrectionPending, Originals
from pos.rules import Post, PostingSettings, decide_posting, refers, refuse_change

logger = logging.getLogger(__name__)

#: What becomes of a version that was chosen: it stands in the books already, or it is posted now.
UNCHANGED: Final = "unchanged"
PROCESSED: Final = "processed"
#: Of a version that was never in the books; what was decided on the others before stays as it is.
_NEVER_POSTED: Final = frozenset({Disposition.HELD, Disposition.IGNORED})


class ReplayValidationFailed(DomainError):
    """The version cannot be posted as it is; `errors` says what is wrong with it."""

    code = "REPLAY_VALIDATION_FAILED"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that could stand in the books: an arrival's payload, perhaps patched."""

    raw_id: int
    payload_hash: bytes
    #: Canonical JSON, when no arrival has this payload.
    patched_body: str | None
    payload: Mapping[str, Any]
    reading: Event | Hold
    #: The operator has said which business day it belongs to.
    dated: bool = False
    #: Fingerprint of the version that was patched; None when none was.
    made_from: bytes | None = None


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a decision does to one key. `post` without lines: the event moves no money."""

    status: KeyStatus
    result: str
    candidate: Candidate | None = None
    post: Post | None = None
    reverses: Journal | None = None

    @property
    def changes_books(self) -> bool:
        """Whether a journal is written."""
        return self.reverses is not None or (self.post is not None and bool(self.post.draft.lines))


def meant_raw_id(held_case: HeldCase, decision: Decision) -> int:
    """The arrival a decision is about.

    LAST is the newest version that is not the first: the last arrival itself may be a retry of the first.
    :raises InvalidCanonicalRawId: the decision names two different ones.
    """
    first = held_case.key.first_raw_id
    newest = max((raw_id for raw_id in held_case.known.values() if raw_id != first), default=first)
    named = {FIRST: first, LAST: newest}.get(decision.canonical or "")
    if named is not None and decision.canonical_raw_id not in {None, named}:
        raise InvalidCanonicalRawId(f"canonical {decision.canonical} is arrival {named}, not another one.")
    return named or decision.canonical_raw_id or held_case.case.raw_id


def read_candidate(held_case: HeldCase, raw: RawEvent | None, decision: Decision, *, base_currency: str) -> Candidate:
    """The version a decision means, patched if it says so.

    :param raw: the arrival `meant_raw_id` named, or None when the tenant has no such row.
    :raises DomainError: InvalidCanonicalRawId, InvalidPatch, PatchProtectedField, PanDetected.
    """
    known = held_case.known
    raw_hash = bytes(raw.payload_sha256) if raw is not None and raw.payload_sha256 else None
    if raw is None or raw.event_id != held_case.key.idempotency_key or raw_hash not in known:
        raise InvalidCanonicalRawId
    arrival = read_arrival(bytes(raw.raw_body), base_currency=base_currency)
    dated = False
    if decision.patch:
        before = arrival.payload.get("business_date")
        arrival = _patched(arrival, decision, base_currency)
        dated = arrival.payload.get("business_date") != before
    payload_hash = bytes.fromhex(arrival.payload_hash)
    if not isinstance(arrival.reading, Event | Hold):
        raise InvalidPatch(arrival.reading.message)
    return Candidate(
        raw_id=known.get(payload_hash, raw.id),
        payload_hash=payload_hash,
        patched_body=None if payload_hash in known else arrival.body.decode(),
        payload=arrival.payload,
        reading=arrival.reading,
        dated=dated,
        made_from=raw_hash if decision.patch else None,
    )


def as_it_happened(candidate: Candidate, raw: RawEvent | None) -> Candidate:
    """The candidate by a right clock. :param raw: the arrival its `raw_id` names, whose clock was corrected or not."""
    if raw is None or not isinstance(candidate.reading, Event):
        return candidate
    event = device_clock.as_kept(candidate.reading, raw.occurred_at, raw.corrected_at)
    return replace(candidate, reading=event)


def _patched(arrival: Arrival, decision: Decision, base_currency: str) -> Arrival:
    """Read again from its bytes, as if it had arrived like this: the patch passes every check an arrival does."""
    assert decision.patch is not None  # noqa: S101  the caller has looked
    try:
        body = exact_json.canonical_text(patched(arrival.payload, decision.patch)).encode()
    except (RecursionError, UnicodeEncodeError):
        raise InvalidPatch("The patched event is nested too deep, or holds half a character.") from None
    again = read_arrival(body, base_currency=base_currency)
    if isinstance(again.reading, Refusal):
        if again.reading.code == "PAN_DETECTED":
            raise PanDetected
        raise InvalidPatch(again.reading.message)
    return again


def originals_of(
    held_cases: Collection[HeldCase], candidates: Iterable[Candidate | None], base_currency: str, *, lock: bool
) -> Originals | None:
    """What the candidates are about, and what counts against the events themselves; None when that is nothing.

    :param lock: until commit; else only for showing.
    """
    events = [
        candidate.reading
        for candidate in candidates
        if candidate is not None and isinstance(candidate.reading, Event) and refers(candidate.reading)
    ]
    posted = {held_case.key.idempotency_key for held_case in held_cases if held_case.key.journal_id is not None}
    if not events and not posted:
        return None
    tenant_id = next(held_case.key.tenant_id for held_case in held_cases)
    return Originals(tenant_id, events, also=posted, base_currency=base_currency, lock=lock)


def rule(
    held_case: HeldCase,
    candidate: Candidate | None,
    decision: Decision,
    facts: PostingSettings,
    *,
    now: datetime,
    rates: Rates = NO_RATES,
    originals: Originals | None,
) -> Ruling | Hold:
    """What the decision does to the key, or why the version it chose cannot be posted.

    :param rates: those known now that held when it happened, by the foreign currencies the version was paid in.
    """
    stands = held_case.key.status == KeyStatus.PROCESSED
    if decision.action is DecisionAction.NO_REPLAY or candidate is None:
        return Ruling(KeyStatus.PROCESSED if stands else KeyStatus.IGNORED, result="")
    if stands and candidate.payload_hash == bytes(held_case.key.effective_hash or b""):
        return Ruling(KeyStatus.PROCESSED, UNCHANGED, candidate)
    if isinstance(candidate.reading, Hold):
        return candidate.reading
    try:
        outcome = _decide_version(
            held_case, candidate, candidate.reading, facts, now=now, rates=rates, originals=originals
        )
    except CorrectionPending:
        return Hold("MISSING_REFERENCE", "What it is about is being corrected: replay it once that is done.")
    except Exception as error:  # a bug in a rule is told, and decides nothing
        logger.exception("Rules failed on a replay of event %s", held_case.key.idempotency_key)
        return Hold("PROCESSING_FAILED", f"The posting rules failed ({type(error).__name__}).")
    if isinstance(outcome, Hold):
        return outcome
    return Ruling(KeyStatus.PROCESSED, PROCESSED, candidate, outcome, held_case.effective_journal)


def _decide_version(
    held_case: HeldCase,
    candidate: Candidate,
    event: Event,
    facts: PostingSettings,
    *,
    now: datetime,
    rates: Rates,
    originals: Originals | None,
) -> Post | Hold:
    stands, original = held_case.effective_journal, None
    if stands is not None and originals is not None:
        key = held_case.key.idempotency_key
        usage = originals.usage_of(key)
        if refused := refuse_change(event, stands.kind, usage, currency=originals.currency_of(stands.id)):
            return refused
    if originals is not None and refers(event):
        original = originals.original_of(event, without=stands.id if stands is not None else None)
    return decide_posting(event, facts, now=now, dated=candidate.dated, rates=rates, original=original)


def reversal_day(journal: Journal, facts: PostingSettings, *, store_code: str, now: datetime) -> tuple[date, bool]:
    """The business day a reversal is booked on, and whether that is late: the journal's own, unless it is closed.

    :param store_code: whose journal it is; by the clock of that store today is told.
    """
    if facts.closed_through is None or journal.business_date > facts.closed_through:
        return journal.business_date, False
    return max(facts.day_of(now, store_code), facts.closed_through + timedelta(days=1)), True


def _when_another_is_chosen(disposition: str, *, is_replaced: bool) -> str:
    """Superseded: what stood in the books, and what the chosen version was made from. The others were refused."""
    if disposition == Disposition.EFFECTIVE or (is_replaced and disposition in _NEVER_POSTED):
        return Disposition.SUPERSEDED
    return Disposition.REJECTED if disposition in _NEVER_POSTED else disposition


def changed_versions(held_case: HeldCase, ruling: Ruling) -> list[dict[str, Any]]:
    """Every version whose disposition changes, and a patched one that is new."""
    chosen = ruling.candidate.payload_hash if ruling.candidate else None
    replaced = ruling.candidate.made_from if ruling.candidate else None
    known, before = held_case.known, held_case.dispositions
    after: dict[bytes, str] = {}
    for payload_hash, disposition in before.items():
        if chosen is not None:
            after[payload_hash] = _when_another_is_chosen(disposition, is_replaced=payload_hash == replaced)
        elif disposition == Disposition.HELD:
            stands = ruling.status == KeyStatus.PROCESSED
            after[payload_hash] = Disposition.REJECTED if stands else Disposition.IGNORED
    if chosen is not None:
        after[chosen] = Disposition.EFFECTIVE
    alone = len(after) == 1 and chosen in known  # one version, and it stands: nothing to tell apart
    changed = {h: d for h, d in after.items() if not alone and before.get(h) != d}
    body = ruling.candidate.patched_body if ruling.candidate else None
    base = ruling.candidate.raw_id if ruling.candidate else held_case.key.first_raw_id
    return [
        {"hash": h.hex(), "raw": known.get(h, base), "d": d, "body": body if h == chosen else None}
        for h, d in changed.items()
    ]
