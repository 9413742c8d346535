"""Carry out decisions: a set of locked cases becomes journals, keys, versions and closed cases, or refusals.

Everything is set-based: the number of statements does not depend on how many cases are decided at once. What the books
refuse is refused case by case, in savepoints, so that one case never fails its neighbours.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from exceptions import cases
from exceptions.cases import AlreadyResolved, DecidedCase
from exceptions.decisions import DecisionAction, InvalidCanonicalRawId
from exceptions.models import CaseStatus
from ledger.fx import NO_RATES, Rates
from ledgersafe.postgres.db import as_jsonb, call, cause_of, force_constraints, require_transaction, sqlstate
from ledgersafe.values.errors import DomainError
from pos.contract import Hold
from pos.decisions import admission, held_cases, second_person, writing
from pos.decisions.candidates import Candidate, as_it_happened, meant_raw_id, originals_of, read_candidate
from pos.decisions.request import DecisionRequest, patch_text
from pos.decisions.ruling import ReplayValidationFailed, changed_versions, refusal_of, rule
from pos.decisions.writing import CaseRun
from pos.models import KeyStatus
from pos.posting import TenantMemory, rates_for, tenant_memory
from pos.references.lookup import Originals


@dataclass(frozen=True, slots=True)
class DecisionRun(DecisionRequest):
    """The run of one decision inside a transaction: lock, rule, check, write."""

    def decide(self, case_ids: Collection[uuid.UUID], *, propose: bool = True) -> list[CaseRun]:
        """Lock the cases, rule on each and write what is ruled; operation. Cases that do not exist are left out.

        :param propose: False for a preview: decisions that need a second person are carried out and marked.
        :returns: a run per case: ruled on, or refused.
        :raises django.db.IntegrityError: a unique violation: another transaction was faster; run the use case again.
        """
        require_transaction()
        # Read anew: decisions are rare and must not rest on what the process remembers.
        memory = tenant_memory.read_anew(self.tenant_id)
        # Lock order of ingest: keys, then cases; the keys of originals follow in `_rule`.
        runs = [CaseRun(one) for one in held_cases.lock_held(self.tenant_id, case_ids).values()]
        admission.refuse_other_stores(self.tenant_id, runs, self.bound_to)
        self._rule(runs, memory)
        admission.refuse_taken_sources(self.tenant_id, runs)
        admission.refuse_unknown_places(runs, memory)
        second_person.refuse_unconfirmable(self, runs)
        second_person.ask_second_person(self, runs, memory, propose=propose)
        self._write(runs, memory)
        refused = {
            run.case_id: _code_of(run.refusal) for run in runs if isinstance(run.refusal, ReplayValidationFailed)
        }
        if self.automatic:  # the next round may release it, e.g. after a correction of this round
            refused = {case_id: code for case_id, code in refused.items() if code != "MISSING_REFERENCE"}
        cases.note_refused_replays(self.tenant_id, refused, self.now)
        return runs

    def _rule(self, runs: Sequence[CaseRun], memory: TenantMemory) -> None:
        replay = self.decision.action is DecisionAction.REPLAY
        raw_ids: dict[uuid.UUID, int] = {}
        for run in runs:
            if run.refusal is not None:
                continue
            if run.held_case.case.status != CaseStatus.OPEN:
                run.refusal = AlreadyResolved()
            elif replay:
                try:
                    raw_ids[run.case_id] = meant_raw_id(run.held_case, self.decision)
                except InvalidCanonicalRawId as error:
                    run.refusal = error
        candidates = self._candidates([run for run in runs if run.refusal is None], raw_ids, memory) if replay else {}
        rates = dict(zip(candidates, rates_for(self.tenant_id, [c.reading for c in candidates.values()]), strict=True))
        originals = originals_of([run.held_case for run in runs], candidates.values(), memory.base_currency, lock=True)
        for run in runs:
            if run.refusal is None:
                case_rates = rates.get(run.case_id, NO_RATES)
                self._rule_one(run, candidates.get(run.case_id), memory, case_rates, originals)

    def _candidates(
        self, runs: Sequence[CaseRun], raw_ids: dict[uuid.UUID, int], memory: TenantMemory
    ) -> dict[uuid.UUID, Candidate]:
        """Read the version that the decision names of each case; refuse those that cannot be read."""
        arrivals = held_cases.read_arrivals(self.tenant_id, set(raw_ids.values())) if raw_ids else {}
        candidates: dict[uuid.UUID, Candidate] = {}
        for run in runs:
            raw = arrivals.get(raw_ids[run.case_id])
            try:
                candidates[run.case_id] = read_candidate(
                    run.held_case, raw, self.decision, base_currency=memory.base_currency
                )
            except DomainError as error:
                run.refusal = error
        # A version that came more than once happened when its first arrival says: retries may have another clock.
        elsewhere = {candidate.raw_id for candidate in candidates.values()} - arrivals.keys()
        arrivals |= held_cases.read_arrivals(self.tenant_id, elsewhere) if elsewhere else {}
        return {case_id: as_it_happened(one, arrivals.get(one.raw_id)) for case_id, one in candidates.items()}

    def _rule_one(
        self,
        run: CaseRun,
        candidate: Candidate | None,
        memory: TenantMemory,
        rates: Rates,
        originals: Originals | None,
    ) -> None:
        try:
            ruling = rule(
                run.held_case,
                candidate,
                self.decision,
                memory.facts,
                now=self.now,
                rates=rates,
                originals=originals,
            )
        except DomainError as error:
            run.refusal = error
            return
        if isinstance(ruling, Hold):
            run.refusal = refusal_of(ruling)
        else:
            run.ruling = ruling
            if originals is not None and ruling.post is not None:
                # Counted at once: two returns in one set must not both find their sale whole.
                originals.count(run.held_case.key.idempotency_key, ruling.post.references)

    def _write(self, runs: Sequence[CaseRun], memory: TenantMemory) -> None:
        ruled = [run for run in runs if run.ruling is not None]
        if not ruled:
            return
        try:
            with transaction.atomic():
                self._write_together(ruled, memory)
        except (IntegrityError, ReplayValidationFailed) as error:
            if len(ruled) > 1:  # the savepoint undid all of them: again, one savepoint per case
                for run in ruled:
                    self._write([run], memory)
                return
            ruled[0].refuse(_refused_by_books(error))

    def _write_together(self, ruled: Sequence[CaseRun], memory: TenantMemory) -> None:
        writing.book(self.tenant_id, ruled, memory, self.now)
        rulings = [self._ruling_row(run) for run in ruled]
        call("pos_decide_v1", self.tenant_id, as_jsonb({"at": self.now.isoformat()}), as_jsonb(rulings))
        text = patch_text(self.decision)
        decided = [self._decided_case(run, text) for run in ruled]
        cases.resolve(self.tenant_id, decided, notes=self.decision.notes, actor=self.actor, now=self.now)
        force_constraints()  # deferred guards refuse here, inside the savepoint, and not at commit

    def _ruling_row(self, run: CaseRun) -> dict[str, Any]:
        ruling, key = run.ruling, run.held_case.key
        assert ruling is not None  # noqa: S101  only what was ruled on is written
        row: dict[str, Any] = {
            "key": key.id,
            "status": ruling.status,
            "versions": changed_versions(run.held_case, ruling),
        }
        if ruling.post is None or ruling.candidate is None:
            stands = ruling.status == KeyStatus.PROCESSED
            effective = bytes(key.effective_hash).hex() if stands and key.effective_hash else None
            raw_id = key.effective_raw_id if stands else None
            return row | {"hash": effective, "raw": raw_id, "journal": key.journal_id, "posted": False}
        source = admission.new_source(run)
        return row | {
            "hash": ruling.candidate.payload_hash.hex(),
            "raw": ruling.candidate.raw_id,
            "journal": run.journal_id,
            "posted": True,
            "claim": source[1] if source else None,
        }

    def _decided_case(self, run: CaseRun, text: str | None) -> DecidedCase:
        ruling = run.ruling
        assert ruling is not None  # noqa: S101  only what was ruled on is written
        return DecidedCase(
            case_id=run.case_id,
            action=self.decision.action,
            attempted=self.decision.action is DecisionAction.REPLAY,
            result=ruling.result,
            canonical_raw_id=ruling.candidate.raw_id if ruling.candidate else None,
            patch_text=text,
            payload_hash=ruling.candidate.payload_hash if ruling.candidate else None,
            journal_id=run.journal_id,
            reversal_journal_id=run.reversal_id,
        )


def _refused_by_books(error: Exception) -> DomainError:
    """Turn a violated guard (SQLSTATE 23514) into a refusal.

    :raises django.db.IntegrityError: any other violation: another transaction was faster, and the use case runs again.
    """
    if isinstance(error, DomainError):
        return error
    if sqlstate(error) != "23514":
        raise error
    reason = getattr(getattr(cause_of(error), "diag", None), "message_primary", None) or "a guard of the books."
    return ReplayValidationFailed(f"The books refused it: {reason}", reason_code="PROCESSING_FAILED")


def _code_of(refusal: DomainError | None) -> str:
    return str(refusal.context.get("reason_code") or refusal.code) if refusal else ""
