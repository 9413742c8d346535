"""Rule on a decision: what it does to the key of an event, or why its version cannot be posted. Pure, but for logging.

`rule` derives a `Ruling` from a `pos.decisions.held_cases.HeldCase`, a candidate and the originals it refers to.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from exceptions.decisions import Decision, DecisionAction
from ledger.fx import NO_RATES, Rates
from ledger.models import Journal
from ledgersafe.values.errors import DomainError
from pos.contract import Event, Hold
from pos.decisions.candidates import Candidate
from pos.decisions.held_cases import HeldCase
from pos.models import Disposition, KeyStatus
from pos.references.lookup import CorrectionPending, Originals
from pos.rules import Post, PostingSettings, decide_posting, refers, refuse_change

logger = logging.getLogger(__name__)

#: Results of choosing a version: it is effective already, or it is posted now.
UNCHANGED: Final = "unchanged"
PROCESSED: Final = "processed"
#: Dispositions of versions never in the books: only these may a new decision change.
_NEVER_POSTED: Final = frozenset({Disposition.HELD, Disposition.IGNORED})


class ReplayValidationFailed(DomainError):
    """The version cannot be posted as it is; `errors` says what is wrong with it."""

    code = "REPLAY_VALIDATION_FAILED"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Ruling:
    """The effect of a decision on one key. A `post` without lines is an event that moves no money."""

    status: KeyStatus
    result: str
    candidate: Candidate | None = None
    post: Post | None = None
    reverses: Journal | None = None

    @property
    def changes_books(self) -> bool:
        """Tell whether a journal is written or reversed."""
        return self.reverses is not None or (self.post is not None and bool(self.post.draft.lines))


def refusal_of(hold: Hold) -> ReplayValidationFailed:
    """Turn a hold into the API's refusal, with at most 50 field errors."""
    errors = list(hold.errors[:50]) or [{"pointer": "", "message": hold.message}]
    return ReplayValidationFailed(hold.message, errors=errors, reason_code=hold.reason_code)


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
    """Derive the effect of a decision on a key, or the hold that keeps its version from being posted.

    :param candidate: the version chosen; None for a decision without replay.
    :param rates: rates valid when the event happened, by foreign currency of its tenders.
    :param originals: the events it refers to (`candidates.originals_of`).
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
        return Hold("MISSING_REFERENCE", "The original is being corrected: replay it once that is done.")
    except Exception as error:  # a bug in a rule is reported and posts nothing
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
    """Return the business day a reversal is booked on, and whether it is late: the journal's own day unless closed.

    :param store_code: the store of the journal; its time zone defines today.
    """
    if facts.closed_through is None or journal.business_date > facts.closed_through:
        return journal.business_date, False
    return max(facts.day_of(now, store_code), facts.closed_through + timedelta(days=1)), True


def _when_another_is_chosen(disposition: str, *, is_replaced: bool) -> str:
    """Return the disposition of a version that was not chosen.

    Superseded: the version that was effective, and the one the patch started from. Undecided others are rejected.
    """
    if disposition == Disposition.EFFECTIVE or (is_replaced and disposition in _NEVER_POSTED):
        return Disposition.SUPERSEDED
    return Disposition.REJECTED if disposition in _NEVER_POSTED else disposition


def changed_versions(held_case: HeldCase, ruling: Ruling) -> list[dict[str, Any]]:
    """List the versions whose disposition changes, a new patched one included, as rows of `pos_decide_v1`."""
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
    alone = len(after) == 1 and chosen in known  # a single effective version needs no row
    changed = {h: d for h, d in after.items() if not alone and before.get(h) != d}
    body = ruling.candidate.patched_body if ruling.candidate else None
    base = ruling.candidate.raw_id if ruling.candidate else held_case.key.first_raw_id
    return [
        {"hash": h.hex(), "raw": known.get(h, base), "d": d, "body": body if h == chosen else None}
        for h, d in changed.items()
    ]
