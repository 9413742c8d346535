"""Carrying decisions out: a set of locked cases becomes journals, keys, versions and closed cases, or refusals.

Everything is set-based: the number of statements does not depend on how many cases are decided at once. What the
books refuse is refused case by case, in savepoints, so that one never fails its neighbours.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from exceptions import cases, proposals
from exceptions.cases import AlreadyResolved, DecidedCase, FourEyesRequired
from exceptions.decisions import Decision, DecisionAction, InvalidCanonicalRawId
from exceptions.models import CaseStatus
from ledger.balances import balances
from ledger.fx.conversion import NO_RATES, Rates
from ledgersafe.postgres.db import as_jsonb, call, cause_of, force_constraints, require_transaction, sqlstate
from ledgersafe.values import exact_json
from ledgersafe.values.errors import DomainError
from pos.contract import Hold
from pos.decisions import held_cases, writing
from pos.decisions.ruling import (
    Candidate,
    ReplayValidationFailed,
    as_it_happened,
    changed_versions,
    meant_raw_id,
    originals_of,
    read_candidate,
    rule,
)
from pos.decisions.writing import CaseRun
from pos.models import EventKey, KeyStatus
from pos.posting import KnownRows, TenantMemory, prerequisites, rates_for, tenant_memory
from pos.references.lookup import Originals


class OfAnotherStore(DomainError):
    """Another store has sent a version of this event, too: it is not for a key of one store to decide."""

    code = "STORE_MISMATCH"
    http_status = 403


@dataclass(frozen=True, slots=True)
class DecisionRun:
    """One decision on any number of cases of a tenant, by somebody, now."""

    tenant_id: int
    decision: Decision
    actor: str
    may_approve: bool
    now: datetime
    #: What would have been posted by itself, had it come in order, is nobody's decision, and needs no second person.
    automatic: bool = False
    #: The store the caller is bound to: an event with a version of another store is not theirs to decide.
    bound_to: str | None = None

    def decide(self, case_ids: Collection[uuid.UUID], *, propose: bool = True) -> list[CaseRun]:
        """Lock, rule and write; operation. Cases that do not exist are left out.

        :param propose: False when nothing is to be kept: what needs a second person is carried out, and said.
        """
        require_transaction()
        memory = tenant_memory.read_anew(self.tenant_id)
        runs = [CaseRun(one) for one in held_cases.lock_held(self.tenant_id, case_ids).values()]
        self._refuse_other_stores(runs)
        self._rule(runs, memory)
        self._refuse_taken_sources(runs)
        self._refuse_unknown_places(runs, memory)
        self._refuse_unconfirmable(runs)
        self._ask_second_person(runs, memory, propose=propose)
        self._write(runs, memory)
        refused = {
            run.case_id: _code_of(run.refusal) for run in runs if isinstance(run.refusal, ReplayValidationFailed)
        }
        if self.automatic:  # what still waits, for a correction of this round say, is to be asked again
            refused = {case_id: code for case_id, code in refused.items() if code != "MISSING_REFERENCE"}
        cases.note_refused_replays(self.tenant_id, refused, self.now)
        return runs

    def _refuse_other_stores(self, runs: Sequence[CaseRun]) -> None:
        """Two stores may send one event id. Whatever is decided then concerns both; the keys are locked: none joins."""
        if self.bound_to is None:
            return
        raw_ids = {raw_id for run in runs for raw_id in run.held_case.known.values()}
        foreign = held_cases.arrivals_of_other_stores(self.tenant_id, raw_ids, self.bound_to)
        for run in runs:
            if run.held_case.case.store_code != self.bound_to or foreign & set(run.held_case.known.values()):
                run.refusal = OfAnotherStore()

    # ── Ruling ──────────────────────────────────────────────────────────────────────────────────
    def _rule(self, runs: Sequence[CaseRun], memory: TenantMemory) -> None:
        replay = self.decision.action is DecisionAction.REPLAY
        meant: dict[uuid.UUID, int] = {}
        for run in runs:
            if run.refusal is not None:
                continue
            if run.held_case.case.status != CaseStatus.OPEN:
                run.refusal = AlreadyResolved()
            elif replay:
                try:
                    meant[run.case_id] = meant_raw_id(run.held_case, self.decision)
                except InvalidCanonicalRawId as error:
                    run.refusal = error
        candidates = self._candidates([run for run in runs if run.refusal is None], meant, memory) if replay else {}
        rates = dict(zip(candidates, rates_for(self.tenant_id, [c.reading for c in candidates.values()]), strict=True))
        originals = originals_of([run.held_case for run in runs], candidates.values(), memory.base_currency, lock=True)
        for run in runs:
            if run.refusal is None:
                known = rates.get(run.case_id, NO_RATES)
                self._rule_one(run, candidates.get(run.case_id), memory, known, originals)

    def _candidates(
        self, runs: Sequence[CaseRun], meant: dict[uuid.UUID, int], memory: TenantMemory
    ) -> dict[uuid.UUID, Candidate]:
        """The versions the decision means; what cannot be read is refused."""
        arrivals = held_cases.read_arrivals(self.tenant_id, set(meant.values())) if meant else {}
        candidates: dict[uuid.UUID, Candidate] = {}
        for run in runs:
            raw = arrivals.get(meant[run.case_id])
            try:
                candidates[run.case_id] = read_candidate(
                    run.held_case, raw, self.decision, base_currency=memory.base_currency
                )
            except DomainError as error:
                run.refusal = error
        # Of a version that came more than once its first arrival counts, whatever clock the others had.
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
                originals.count(run.held_case.key.idempotency_key, ruling.post.references)

    def _refuse_taken_sources(self, runs: Sequence[CaseRun]) -> None:
        """A source event id belongs to one key: what would take another's is the same event under another id."""
        claims = {source: run for run in reversed(runs) if (source := _new_source(run)) is not None}
        if not claims:
            return
        owners = EventKey.objects.filter(
            tenant_id=self.tenant_id,
            source_system__in={system for system, _ in claims},
            source_event_id__in={source_id for _, source_id in claims},
        )
        taken = set(owners.values_list("source_system", "source_event_id"))
        for run in runs:
            source = _new_source(run)
            if source is not None and (source in taken or claims[source] is not run):
                message = f"source_event_id {source[1]!r} belongs to another event_id."
                _refuse(run, Hold("DUPLICATE_SOURCE_EVENT_ID", message))

    def _refuse_unknown_places(self, runs: Sequence[CaseRun], memory: TenantMemory) -> None:
        """As ingest does: a strict tenant knows its stores and registers, any other one registers them."""
        places = {place for run in runs for place in _places(run)}
        known = KnownRows()
        prerequisites.find(memory, known, places)
        if known.places != places and memory.strict_stores:
            for run in runs:
                if missing := [place for place in _places(run) if place not in known.places]:
                    name = "/".join(part for part in missing[0] if part)
                    _refuse(run, Hold("UNKNOWN_STORE", f"The tenant has no store or register {name!r}."))
        elif known.places != places:
            prerequisites.register_places(memory, places - known.places)

    # ── The second person ───────────────────────────────────────────────────────────────────────
    def _refuse_unconfirmable(self, runs: Sequence[CaseRun]) -> None:
        """Who confirms a proposal means that one: when it was declined meanwhile, nothing is decided nor proposed."""
        if self.decision.confirms is None:
            return
        for run in runs:
            refusal = run.refusal or proposals.refusal_of_confirming(
                run.case_id,
                self.decision.confirms,
                tenant_id=self.tenant_id,
                action=self.decision.action,
                payload_hash=run.candidate.payload_hash if run.candidate else None,
                actor=self.actor,
                may_approve=self.may_approve,
            )
            if refusal is not None:
                run.refuse(refusal)

    def _ask_second_person(self, runs: Sequence[CaseRun], memory: TenantMemory, *, propose: bool) -> None:
        limit = memory.four_eyes_limit_minor
        if limit is None or self.automatic:
            return
        undone = {run.ruling.reverses.id for run in runs if run.ruling and run.ruling.reverses}
        turnover = balances.turnover_of(self.tenant_id, undone) if undone else {}
        for run in runs:
            if run.ruling is None or not _is_above(run, limit, memory.base_currency, turnover):
                continue
            run.needs_second_person = True
            if propose and not self._is_confirmed(run):
                self._propose(run)
                run.refuse(FourEyesRequired())

    def _is_confirmed(self, run: CaseRun) -> bool:
        return self.may_approve and cases.confirms_a_proposal(
            run.case_id,
            tenant_id=self.tenant_id,
            action=self.decision.action,
            payload_hash=run.candidate.payload_hash if run.candidate else None,
            actor=self.actor,
        )

    def _propose(self, run: CaseRun) -> None:
        candidate = run.candidate
        cases.propose(
            run.case_id,
            self.decision,
            tenant_id=self.tenant_id,
            patch_text=patch_text(self.decision),
            canonical_raw_id=candidate.raw_id if candidate else None,
            payload_hash=candidate.payload_hash if candidate else None,
            actor=self.actor,
            now=self.now,
        )

    # ── Writing ─────────────────────────────────────────────────────────────────────────────────
    def _write(self, runs: Sequence[CaseRun], memory: TenantMemory) -> None:
        ruled = [run for run in runs if run.ruling is not None]
        if not ruled:
            return
        try:
            with transaction.atomic():
                self._write_together(ruled, memory)
        except (IntegrityError, ReplayValidationFailed) as error:
            if len(ruled) > 1:
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
        force_constraints()

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
        source = _new_source(run)
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


def refusal_of(hold: Hold) -> ReplayValidationFailed:
    """Why a version cannot be posted, as the API answers it."""
    errors = list(hold.errors[:50]) or [{"pointer": "", "message": hold.message}]
    return ReplayValidationFailed(hold.message, errors=errors, reason_code=hold.reason_code)


def patch_text(decision: Decision) -> str | None:
    """The patch as exact JSON text."""
    if decision.patch is None:
        return None
    if isinstance(decision.patch, dict):
        return exact_json.canonical_text(decision.patch)
    return exact_json.canonical_text({"": decision.patch})[len('{"":') : -1]


def _refused_by_books(error: Exception) -> DomainError:
    """:raises django.db.IntegrityError: a unique violation: somebody was faster, and the use case runs again."""
    if isinstance(error, DomainError):
        return error
    if sqlstate(error) != "23514":
        raise error
    reason = getattr(getattr(cause_of(error), "diag", None), "message_primary", None) or "a guard of the books."
    return ReplayValidationFailed(f"The books refused it: {reason}", reason_code="PROCESSING_FAILED")


def _refuse(run: CaseRun, hold: Hold) -> None:
    run.refuse(refusal_of(hold))


def _code_of(refusal: DomainError | None) -> str:
    return str(refusal.context.get("reason_code") or refusal.code) if refusal else ""


def _new_source(run: CaseRun) -> tuple[str, str] | None:
    """(system, source event id) when the version that is to be posted names one its key does not own yet."""
    post = run.ruling.post if run.ruling else None
    if post is None or post.event.source_event_id in {None, run.held_case.key.source_event_id}:
        return None
    return run.held_case.key.source_system, str(post.event.source_event_id)


def _places(run: CaseRun) -> list[tuple[str, str | None]]:
    if run.ruling is None or run.ruling.post is None:
        return []
    event = run.ruling.post.event
    store: list[tuple[str, str | None]] = [(event.store_code, None)]
    return store if event.register_code is None else [*store, (event.store_code, event.register_code)]


def _is_above(run: CaseRun, limit: int, base_currency: str, turnover: dict[int, int]) -> bool:
    """More than one person may decide alone: at risk, posted or reversed. Another currency cannot be compared."""
    case, ruling = run.held_case.case, run.ruling
    currencies = {case.currency} if case.amount_at_risk_minor else set()
    amounts = [case.amount_at_risk_minor or 0]
    if ruling and ruling.post:
        currencies |= {line.account.currency for line in ruling.post.draft.lines}
        amounts.append(sum(line.amount_minor for line in ruling.post.draft.lines if line.amount_minor > 0))
    if ruling and ruling.reverses:
        amounts.append(turnover.get(ruling.reverses.id, 0))
    return max(amounts) > limit or bool(currencies - {base_currency, ""})
