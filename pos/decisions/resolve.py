"""Use cases: decide on a held event, preview a decision, decide on many.

A preview takes the real path and rolls it back, so that it shows what would happen. Each use case is one transaction
(of many cases: one per chunk). Case and key are locked: the second of two people who decide at once gets
`AlreadyResolved`.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from exceptions.cases import FourEyesRequired
from exceptions.decisions import Decision, DecisionAction, InvalidCanonicalRawId
from ledgersafe.postgres import db
from ledgersafe.postgres.db import retry_serialization, tenant_transaction
from ledgersafe.telemetry import metrics
from ledgersafe.values import card_numbers, exact_json
from ledgersafe.values.errors import DomainError, NotFound
from pos.contract import PanDetected
from pos.decisions import effects
from pos.decisions.candidates import Candidate
from pos.decisions.carry_out import DecisionRun
from pos.decisions.effects import Change, PreviewJournal
from pos.decisions.request import patch_text
from pos.decisions.writing import CaseRun
from pos.posting import tenant_memory

T = TypeVar("T")

#: Cases of one transaction of a bulk decision: their keys stay locked until it commits.
CHUNK = 500
MAX_BULK = 500


@dataclass(frozen=True, slots=True)
class ResolvedCase:
    """The outcome of a decision. `result`: `processed`, `unchanged`, or empty without a replay."""

    case_id: uuid.UUID
    attempted: bool
    result: str
    canonical_raw_id: int | None
    final_payload_hash: str | None
    journal_id: int | None
    reversal_journal_id: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The outcome a decision would have. Journal ids in `resolved` belong to the rolled-back run and name nothing."""

    resolved: ResolvedCase
    journals: tuple[PreviewJournal, ...]
    change: Change
    payload_text: str | None
    needs_second_person: bool


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """The outcome of one case of a bulk decision: resolved, or its refusal."""

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
    """Decide on one case, and post the version if the decision is a replay.

    :param may_approve: the actor may confirm, as a second person, decisions above the tenant's limit.
    :param bound_to: the store the actor is bound to, if any.
    :raises ledgersafe.values.errors.NotFound: the tenant has no such case.
    :raises exceptions.cases.AlreadyResolved: the case is no longer open.
    :raises pos.decisions.admission.OfAnotherStore: another store's arrival is a version of the event.
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
    """Return what `resolve_case` would do: the same path, rolled back. Not even the attempt is counted.

    :raises ledgersafe.values.errors.DomainError: as `resolve_case`, except FourEyesRequired, which becomes
        `Preview.needs_second_person`.
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
    """Make the same decision on many cases, and return their outcomes in the order given.

    A refused case never fails its neighbours.

    :raises InvalidCanonicalRawId: the decision names an arrival, which belongs to one event only.
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
    """Turn the run of one case into its outcome."""
    if run.refusal is not None:
        return BulkOutcome(run.case_id, refusal=run.refusal)
    return BulkOutcome(run.case_id, resolved=_resolved(run, decision))


def checked(decision: Decision) -> Decision:
    """Return the decision. :raises PanDetected: its notes or patch, which are stored, hold a card number."""
    if card_numbers.contains_pan(decision.notes) or card_numbers.contains_pan(patch_text(decision) or ""):
        raise PanDetected
    return decision


def rolled_back(tenant_id: int, look: Callable[[], T]) -> T:
    """Run `look` in a transaction of the tenant, roll it back, and return its answer."""
    try:
        with db.rolled_back(tenant_id):
            return look()
    finally:
        # The memory was filled inside the transaction: its stores and accounts are gone with the rollback.
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
    """Count journals written and cases refused in the metrics. Call it after the commit only."""
    written = sum(len(run.written) for run in runs)
    refused = sum(run.refusal is not None and not isinstance(run.refusal, FourEyesRequired) for run in runs)
    if written:
        metrics.ledger_transactions.labels("ok").inc(written)
    if refused:
        metrics.ledger_transactions.labels("fail").inc(refused)
