"""Use cases of the back office: decide on held events, preview a decision, decide on many.

A preview takes the real path and rolls it back, so that what it shows is what would happen. One transaction each; the
case and its key are locked, so that of two people who decide at once one is told that it was decided already.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from exceptions.cases import FourEyesRequired
from exceptions.decisions import Decision, DecisionAction, InvalidCanonicalRawId
from exceptions.models import ExceptionCase
from ledgersafe.postgres import db
from ledgersafe.postgres.db import retry_serialization, tenant_transaction
from ledgersafe.telemetry import metrics
from ledgersafe.values import card_numbers, exact_json
from ledgersafe.values.errors import DomainError, NotFound
from pos.contract import Hold, PanDetected
from pos.decisions import effects, held_cases
from pos.decisions.carry_out import DecisionRun, patch_text
from pos.decisions.effects import Change, Choice, PreviewJournal
from pos.decisions.held_cases import HeldCase
from pos.decisions.ruling import (
    Candidate,
    Ruling,
    as_it_happened,
    meant_raw_id,
    originals_of,
    read_candidate,
    reversal_day,
    rule,
)
from pos.decisions.writing import CaseRun
from pos.models import RawEvent
from pos.posting import rates_for, tenant_memory

T = TypeVar("T")

#: Cases of one transaction of a bulk decision: their keys stay locked until it commits.
CHUNK = 500
MAX_BULK = 500
_WEIGHED = Decision(DecisionAction.REPLAY, notes="weighed")


@dataclass(frozen=True, slots=True)
class ResolvedCase:
    """What a decision did. `result`: `processed`, `unchanged`, or empty when nothing was replayed."""

    case_id: uuid.UUID
    attempted: bool
    result: str
    canonical_raw_id: int | None
    final_payload_hash: str | None
    journal_id: int | None
    reversal_journal_id: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would do. Journal ids in `resolved` are those of the rolled-back run, and name nothing."""

    resolved: ResolvedCase
    journals: tuple[PreviewJournal, ...]
    change: Change
    payload_text: str | None
    needs_second_person: bool


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """One case of a bulk decision: resolved, or why not."""

    case_id: uuid.UUID
    resolved: ResolvedCase | None = None
    refusal: DomainError | None = None


def resolve_case(
    *,
    tenant_id: int,
    case_id: uuid.UUID,
    decision: Decision,
    actor: str,
    may_approve: bool,
    now: datetime,
    bound_to: str | None = None,
) -> ResolvedCase:
    """Decide on one case, and replay the event if the decision says so.

    :param may_approve: the actor may confirm, as a second person, what is above the tenant's limit.
    :param bound_to: the store the actor is bound to, if any.
    :raises ledgersafe.values.errors.NotFound: the tenant has no such case.
    :raises exceptions.cases.AlreadyResolved: somebody was faster.
    :raises pos.decisions.carry_out.OfAnotherStore: another store's arrival is a version of the event.
    :raises exceptions.cases.FourEyesRequired: above the limit; the decision was kept as a proposal.
    :raises pos.decisions.ruling.ReplayValidationFailed: the version cannot be posted; the attempt was counted.
    :raises ledgersafe.values.errors.DomainError: InvalidCanonicalRawId, InvalidPatch, PatchProtectedField, PanDetected.
    """
    decision_run = DecisionRun(tenant_id, checked(decision), actor, may_approve, now, bound_to=bound_to)

    def attempt() -> CaseRun:
        with tenant_transaction(tenant_id):
            return _only(decision_run.decide([case_id]))

    run = retry_serialization(attempt)
    if run.refusal is not None:
        raise run.refusal
    count_journals([run])
    return _resolved(run, decision)


def preview_resolution(
    *,
    tenant_id: int,
    case_id: uuid.UUID,
    decision: Decision,
    actor: str,
    may_approve: bool,
    now: datetime,
    bound_to: str | None = None,
) -> Preview:
    """What `resolve_case` would do: the same path, rolled back. Nothing is kept, not even the attempt.

    :raises ledgersafe.values.errors.DomainError: as `resolve_case`, but for FourEyesRequired: the preview says so
        instead.
    """
    decision_run = DecisionRun(tenant_id, checked(decision), actor, may_approve, now, bound_to=bound_to)

    def look() -> Preview:
        run = _only(decision_run.decide([case_id], propose=False))
        if run.refusal is not None:
            raise run.refusal
        journals = effects.written(tenant_id, run.written) if run.written else ()
        return Preview(
            resolved=_resolved(run, decision),
            journals=journals,
            change=effects.change_of(journals),
            payload_text=_payload_text(run.candidate),
            needs_second_person=run.needs_second_person,
        )

    return retry_serialization(lambda: rolled_back(tenant_id, look))


def resolve_in_bulk(
    *,
    tenant_id: int,
    case_ids: Sequence[uuid.UUID],
    decision: Decision,
    actor: str,
    may_approve: bool,
    now: datetime,
    bound_to: str | None = None,
) -> list[BulkOutcome]:
    """Decide the same on many cases: an outcome each, in order; one that is refused never fails its neighbours.

    :raises InvalidCanonicalRawId: one arrival cannot be the canonical one of several events.
    """
    if decision.canonical_raw_id is not None:
        raise InvalidCanonicalRawId("canonical_raw_id names one event's arrival; for many use canonical FIRST or LAST.")
    decision_run = DecisionRun(tenant_id, checked(decision), actor, may_approve, now, bound_to=bound_to)
    outcomes: dict[uuid.UUID, BulkOutcome] = {}
    distinct_ids = list(dict.fromkeys(case_ids))
    for start in range(0, len(distinct_ids), CHUNK):
        chunk = distinct_ids[start : start + CHUNK]

        def attempt(chunk: list[uuid.UUID] = chunk) -> list[CaseRun]:
            with tenant_transaction(tenant_id):
                return decision_run.decide(chunk)

        runs = retry_serialization(attempt)
        count_journals(runs)
        outcomes |= {run.case_id: outcome_of(run, decision) for run in runs}
    absent = NotFound("There is no such exception.")
    return [outcomes.get(case_id) or BulkOutcome(case_id, refusal=absent) for case_id in distinct_ids]


def outcome_of(run: CaseRun, decision: Decision) -> BulkOutcome:
    """What became of one case of many."""
    if run.refusal is not None:
        return BulkOutcome(run.case_id, refusal=run.refusal)
    return BulkOutcome(run.case_id, resolved=_resolved(run, decision))


def weigh_choices(case: ExceptionCase, *, now: datetime) -> list[Choice]:
    """Every version of a case's event as a choice, for showing: pure drafts against what stands; nothing is locked.

    A handful of statements for any number of versions. What the books themselves would refuse, only a preview tells.
    """
    held_case = held_cases.read_held(case)
    if held_case is None:
        return []
    return _weigh(held_case, [replace(_WEIGHED, canonical_raw_id=raw_id) for raw_id in held_case.known.values()], now)


def weigh_decision(case: ExceptionCase, decision: Decision, *, now: datetime) -> Choice | None:
    """What a decision somebody proposed would do, weighed as `weigh_choices` does; None: its key is gone."""
    held_case = held_cases.read_held(case)
    return _weigh(held_case, [decision], now)[0] if held_case is not None else None


def _weigh(held_case: HeldCase, decisions: Sequence[Decision], now: datetime) -> list[Choice]:
    standing = effects.written(held_case.case.tenant_id, [held_case.key.journal_id]) if held_case.key.journal_id else ()
    meant = [meant_raw_id(held_case, decision) for decision in decisions]
    arrivals = held_cases.read_arrivals(held_case.case.tenant_id, set(meant))
    memory = tenant_memory.memory_of(held_case.case.tenant_id)
    read = [
        _weighable(held_case, arrivals.get(raw_id), decision, memory.base_currency)
        for raw_id, decision in zip(meant, decisions, strict=True)
    ]
    rates = rates_for(held_case.case.tenant_id, [getattr(candidate, "reading", None) for candidate in read])
    candidates = [candidate for candidate in read if isinstance(candidate, Candidate)]
    originals = originals_of([held_case], candidates, memory.base_currency, lock=False)
    choices = []
    for raw_id, decision, candidate, known in zip(meant, decisions, read, rates, strict=True):
        ruling: Ruling | Hold | str
        if isinstance(candidate, Candidate):
            ruling = rule(held_case, candidate, decision, memory.facts, now=now, rates=known, originals=originals)
        else:
            ruling = candidate
        journals: tuple[PreviewJournal, ...] = ()
        if isinstance(ruling, Ruling):
            journals = _on_paper(held_case, ruling, standing, memory, now)
        payload_hash = _hash_of(held_case, candidate, raw_id)
        choices.append(
            Choice(
                raw_id=raw_id,
                payload_hash=payload_hash.hex(),
                disposition=held_case.dispositions.get(payload_hash, ""),
                is_first=raw_id == held_case.key.first_raw_id,
                stands=isinstance(ruling, Ruling) and ruling.post is None,
                journals=journals,
                change=effects.change_of(journals),
                refusal=ruling.message if isinstance(ruling, Hold) else ruling if isinstance(ruling, str) else "",
            )
        )
    return choices


def _hash_of(held_case: HeldCase, candidate: Candidate | str, raw_id: int) -> bytes:
    """The fingerprint of the version that was weighed; of one that cannot be read, of the arrival it is."""
    if isinstance(candidate, Candidate):
        return candidate.payload_hash
    return next((payload_hash for payload_hash, known_id in held_case.known.items() if known_id == raw_id), b"")


def _weighable(
    held_case: HeldCase, arrival: RawEvent | None, decision: Decision, base_currency: str
) -> Candidate | str:
    """A version as a candidate, or why it cannot be one."""
    try:
        return as_it_happened(read_candidate(held_case, arrival, decision, base_currency=base_currency), arrival)
    except DomainError as error:
        return error.message


def _on_paper(
    held_case: HeldCase,
    ruling: Ruling,
    standing: tuple[PreviewJournal, ...],
    memory: tenant_memory.TenantMemory,
    now: datetime,
) -> tuple[PreviewJournal, ...]:
    journals = []
    if ruling.reverses is not None:
        day, _ = reversal_day(ruling.reverses, memory.facts, store_code=held_case.case.store_code, now=now)
        journals += [effects.mirrored(journal, day) for journal in standing]
    if ruling.post is not None and ruling.post.mirror is not None:
        journals.append(effects.drafted(ruling.post.mirror, ruling.post.business_date))
    if ruling.post is not None and ruling.post.draft.lines:
        journals.append(effects.drafted(ruling.post.draft, ruling.post.business_date))
    return tuple(journals)


def checked(decision: Decision) -> Decision:
    """:raises PanDetected: notes and patches are kept, and no card number ever is."""
    if card_numbers.contains_pan(decision.notes) or card_numbers.contains_pan(patch_text(decision) or ""):
        raise PanDetected
    return decision


def rolled_back(tenant_id: int, look: Callable[[], T]) -> T:
    """Run `look` in a use case's transaction and undo all it did but its answer."""
    try:
        with db.rolled_back(tenant_id):
            return look()
    finally:
        # Read inside the transaction, whose stores and accounts are gone again.
        tenant_memory.forget(tenant_id)


def _only(runs: list[CaseRun]) -> CaseRun:
    if not runs:
        raise NotFound("There is no such exception.")
    return runs[0]


def _resolved(run: CaseRun, decision: Decision) -> ResolvedCase:
    candidate = run.candidate
    return ResolvedCase(
        case_id=run.case_id,
        attempted=decision.action is DecisionAction.REPLAY,
        result=run.ruling.result if run.ruling else "",
        canonical_raw_id=candidate.raw_id if candidate else None,
        final_payload_hash=candidate.payload_hash.hex() if candidate else None,
        journal_id=run.journal_id,
        reversal_journal_id=run.reversal_id,
    )


def _payload_text(candidate: Candidate | None) -> str | None:
    return exact_json.canonical_text(dict(candidate.payload)) if candidate else None


def count_journals(runs: Sequence[CaseRun]) -> None:
    """After commit: journals written, by what they are."""
    written = sum(len(run.written) for run in runs)
    refused = sum(run.refusal is not None and not isinstance(run.refusal, FourEyesRequired) for run in runs)
    if written:
        metrics.ledger_transactions.labels("ok").inc(written)
    if refused:
        metrics.ledger_transactions.labels("fail").inc(refused)
