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
from ledger.fx import NO_RATES, Rates
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
from pos.posting import KnownRows, TenantMemory, prerequisites, rates_for
from pos.posting import tenant_memory as directories
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
        directory = directories.read_anew(self.tenant_id)
        verdicts = [CaseRun(one) for one in held_cases.lock_held(self.tenant_id, case_ids).values()]
        self._refuse_other_stores(verdicts)
        self._rule(verdicts, directory)
        self._refuse_taken_sources(verdicts)
        self._refuse_unknown_places(verdicts, directory)
        self._refuse_unconfirmable(verdicts)
        self._ask_second_person(verdicts, directory, propose=propose)
        self._write(verdicts, directory)
        refused = {v.case_id: _code_of(v.refusal) for v in verdicts if isinstance(v.refusal, ReplayValidationFailed)}
        if self.automatic:  # what still waits, for a correction of this round say, is to be asked again
            refused = {case_id: code for case_id, code in refused.items() if code != "MISSING_REFERENCE"}
        cases.note_refused_replays(self.tenant_id, refused, self.now)
        return verdicts

    def _refuse_other_stores(self, verdicts: Sequence[CaseRun]) -> None:
        """Two stores may send one event id. Whatever is decided then concerns both; the keys are locked: none joins."""
        if self.bound_to is None:
            return
        raw_ids = {raw_id for verdict in verdicts for raw_id in verdict.held.known.values()}
        foreign = held_cases.arrivals_of_other_stores(self.tenant_id, raw_ids, self.bound_to)
        for verdict in verdicts:
            if verdict.held.case.store_code != self.bound_to or foreign & set(verdict.held.known.values()):
                verdict.refusal = OfAnotherStore()

    # ── Ruling ──────────────────────────────────────────────────────────────────────────────────
    def _rule(self, verdicts: Sequence[CaseRun], directory: TenantMemory) -> None:
        replay = self.decision.action is DecisionAction.REPLAY
        meant: dict[uuid.UUID, int] = {}
        for verdict in verdicts:
            if verdict.refusal is not None:
                continue
            if verdict.held.case.status != CaseStatus.OPEN:
                verdict.refusal = AlreadyResolved()
            elif replay:
                try:
                    meant[verdict.case_id] = meant_raw_id(verdict.held, self.decision)
                except InvalidCanonicalRawId as error:
                    verdict.refusal = error
        candidates = self._candidates([v for v in verdicts if v.refusal is None], meant, directory) if replay else {}
        rates = dict(zip(candidates, rates_for(self.tenant_id, [c.reading for c in candidates.values()]), strict=True))
        originals = originals_of(
            [verdict.held for verdict in verdicts], candidates.values(), directory.base_currency, lock=True
        )
        for verdict in verdicts:
            if verdict.refusal is None:
                known = rates.get(verdict.case_id, NO_RATES)
                self._rule_one(verdict, candidates.get(verdict.case_id), directory, known, originals)

    def _candidates(
        self, verdicts: Sequence[CaseRun], meant: dict[uuid.UUID, int], directory: TenantMemory
    ) -> dict[uuid.UUID, Candidate]:
        """The versions the decision means; what cannot be read is refused."""
        arrivals = held_cases.read_arrivals(self.tenant_id, set(meant.values())) if meant else {}
        found: dict[uuid.UUID, Candidate] = {}
        for verdict in verdicts:
            raw = arrivals.get(meant[verdict.case_id])
            try:
                found[verdict.case_id] = read_candidate(
                    verdict.held, raw, self.decision, base_currency=directory.base_currency
                )
            except DomainError as error:
                verdict.refusal = error
        # Of a version that came more than once its first arrival counts, whatever clock the others had.
        elsewhere = {candidate.raw_id for candidate in found.values()} - arrivals.keys()
        arrivals |= held_cases.read_arrivals(self.tenant_id, elsewhere) if elsewhere else {}
        return {case_id: as_it_happened(one, arrivals.get(one.raw_id)) for case_id, one in found.items()}

    def _rule_one(
        self,
        verdict: CaseRun,
        candidate: Candidate | None,
        directory: TenantMemory,
        rates: Rates,
        originals: Originals | None,
    ) -> None:
        try:
            ruling = rule(
                verdict.held,
                candidate,
                self.decision,
                directory.facts,
                now=self.now,
                rates=rates,
                originals=originals,
            )
        except DomainError as error:
            verdict.refusal = error
            return
        if isinstance(ruling, Hold):
            verdict.refusal = refusal_of(ruling)
        else:
            verdict.ruling = ruling
            if originals is not None and ruling.post is not None:
                originals.count(verdict.held.key.idempotency_key, ruling.post.references)

    def _refuse_taken_sources(self, verdicts: Sequence[CaseRun]) -> None:
        """A source event id belongs to one key: what would take another's is the same event under another id."""
        wanted = {source: verdict for verdict in reversed(verdicts) if (source := _new_source(verdict)) is not None}
        if not wanted:
            return
        owners = EventKey.objects.filter(
            tenant_id=self.tenant_id,
            source_system__in={system for system, _ in wanted},
            source_event_id__in={source_id for _, source_id in wanted},
        )
        taken = set(owners.values_list("source_system", "source_event_id"))
        for verdict in verdicts:
            source = _new_source(verdict)
            if source is not None and (source in taken or wanted[source] is not verdict):
                message = f"source_event_id {source[1]!r} belongs to another event_id."
                _refuse(verdict, Hold("DUPLICATE_SOURCE_EVENT_ID", message))

    def _refuse_unknown_places(self, verdicts: Sequence[CaseRun], directory: TenantMemory) -> None:
        """As ingest does: a strict tenant knows its stores and registers, any other one registers them."""
        places = {place for verdict in verdicts for place in _places(verdict)}
        known = KnownRows()
        prerequisites.find(directory, known, places)
        if known.places != places and directory.strict_stores:
            for verdict in verdicts:
                if missing := [place for place in _places(verdict) if place not in known.places]:
                    name = "/".join(part for part in missing[0] if part)
                    _refuse(verdict, Hold("UNKNOWN_STORE", f"The tenant has no store or register {name!r}."))
        elif known.places != places:
            prerequisites.register_places(directory, places - known.places)

    # ── The second person ───────────────────────────────────────────────────────────────────────
    def _refuse_unconfirmable(self, verdicts: Sequence[CaseRun]) -> None:
        """Who confirms a proposal means that one: when it was declined meanwhile, nothing is decided nor proposed."""
        if self.decision.confirms is None:
            return
        for verdict in verdicts:
            refusal = verdict.refusal or proposals.refusal_of_confirming(
                verdict.case_id,
                self.decision.confirms,
                tenant_id=self.tenant_id,
                action=self.decision.action,
                payload_hash=verdict.candidate.payload_hash if verdict.candidate else None,
                actor=self.actor,
                may_approve=self.may_approve,
            )
            if refusal is not None:
                verdict.refuse(refusal)

    def _ask_second_person(self, verdicts: Sequence[CaseRun], directory: TenantMemory, *, propose: bool) -> None:
        limit = directory.four_eyes_limit_minor
        if limit is None or self.automatic:
            return
        undone = {v.ruling.reverses.id for v in verdicts if v.ruling and v.ruling.reverses}
        turnover = balances.turnover_of(self.tenant_id, undone) if undone else {}
        for verdict in verdicts:
            if verdict.ruling is None or not _is_above(verdict, limit, directory.base_currency, turnover):
                continue
            verdict.needs_second_person = True
            if propose and not self._is_confirmed(verdict):
                self._propose(verdict)
                verdict.refuse(FourEyesRequired())

    def _is_confirmed(self, verdict: CaseRun) -> bool:
        return self.may_approve and cases.confirms_a_proposal(
            verdict.case_id,
            tenant_id=self.tenant_id,
            action=self.decision.action,
            payload_hash=verdict.candidate.payload_hash if verdict.candidate else None,
            actor=self.actor,
        )

    def _propose(self, verdict: CaseRun) -> None:
        candidate = verdict.candidate
        cases.propose(
            verdict.case_id,
            self.decision,
            tenant_id=self.tenant_id,
            patch_text=patch_text(self.decision),
            canonical_raw_id=candidate.raw_id if candidate else None,
            payload_hash=candidate.payload_hash if candidate else None,
            actor=self.actor,
            now=self.now,
        )

    # ── Writing ─────────────────────────────────────────────────────────────────────────────────
    def _write(self, verdicts: Sequence[CaseRun], directory: TenantMemory) -> None:
        ruled = [verdict for verdict in verdicts if verdict.ruling is not None]
        if not ruled:
            return
        try:
            with transaction.atomic():
                self._write_together(ruled, directory)
        except (IntegrityError, ReplayValidationFailed) as error:
            if len(ruled) > 1:
                for verdict in ruled:
                    self._write([verdict], directory)
                return
            ruled[0].refuse(_refused_by_books(error))

    def _write_together(self, ruled: Sequence[CaseRun], directory: TenantMemory) -> None:
        writing.book(self.tenant_id, ruled, directory, self.now)
        rulings = [self._ruling_row(verdict) for verdict in ruled]
        call("pos_decide_v1", self.tenant_id, as_jsonb({"at": self.now.isoformat()}), as_jsonb(rulings))
        text = patch_text(self.decision)
        decided = [self._decided(verdict, text) for verdict in ruled]
        cases.resolve(self.tenant_id, decided, notes=self.decision.notes, actor=self.actor, now=self.now)
        force_constraints()

    def _ruling_row(self, verdict: CaseRun) -> dict[str, Any]:
        ruling, key = verdict.ruling, verdict.held.key
        assert ruling is not None  # noqa: S101  only what was ruled on is written
        row: dict[str, Any] = {
            "key": key.id,
            "status": ruling.status,
            "versions": changed_versions(verdict.held, ruling),
        }
        if ruling.post is None or ruling.candidate is None:
            stands = ruling.status == KeyStatus.PROCESSED
            effective = bytes(key.effective_hash).hex() if stands and key.effective_hash else None
            raw_id = key.effective_raw_id if stands else None
            return row | {"hash": effective, "raw": raw_id, "journal": key.journal_id, "posted": False}
        source = _new_source(verdict)
        return row | {
            "hash": ruling.candidate.payload_hash.hex(),
            "raw": ruling.candidate.raw_id,
            "journal": verdict.journal_id,
            "posted": True,
            "claim": source[1] if source else None,
        }

    def _decided(self, verdict: CaseRun, text: str | None) -> DecidedCase:
        ruling = verdict.ruling
        assert ruling is not None  # noqa: S101  only what was ruled on is written
        return DecidedCase(
            case_id=verdict.case_id,
            action=self.decision.action,
            attempted=self.decision.action is DecisionAction.REPLAY,
            result=ruling.result,
            canonical_raw_id=ruling.candidate.raw_id if ruling.candidate else None,
            patch_text=text,
            payload_hash=ruling.candidate.payload_hash if ruling.candidate else None,
            journal_id=verdict.journal_id,
            reversal_journal_id=verdict.reversal_id,
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
    told = getattr(getattr(cause_of(error), "diag", None), "message_primary", None) or "a guard of the books."
    return ReplayValidationFailed(f"The books refused it: {told}", reason_code="PROCESSING_FAILED")


def _refuse(verdict: CaseRun, hold: Hold) -> None:
    verdict.refuse(refusal_of(hold))


def _code_of(refusal: DomainError | None) -> str:
    return str(refusal.context.get("reason_code") or refusal.code) if refusal else ""


def _new_source(verdict: CaseRun) -> tuple[str, str] | None:
    """(system, source event id) when the version that is to be posted names one its key does not own yet."""
    post = verdict.ruling.post if verdict.ruling else None
    if post is None or post.event.source_event_id in {None, verdict.held.key.source_event_id}:
        return None
    return verdict.held.key.source_system, str(post.event.source_event_id)


def _places(verdict: CaseRun) -> list[tuple[str, str | None]]:
    if verdict.ruling is None or verdict.ruling.post is None:
        return []
    event = verdict.ruling.post.event
    store: list[tuple[str, str | None]] = [(event.store_code, None)]
    return store if event.register_code is None else [*store, (event.store_code, event.register_code)]


def _is_above(verdict: CaseRun, limit: int, base_currency: str, turnover: dict[int, int]) -> bool:
    """More than one person may decide alone: at risk, posted or reversed. Another currency cannot be compared."""
    case, ruling = verdict.held.case, verdict.ruling
    currencies = {case.currency} if case.amount_at_risk_minor else set()
    amounts = [case.amount_at_risk_minor or 0]
    if ruling and ruling.post:
        currencies |= {line.account.currency for line in ruling.post.draft.lines}
        amounts.append(sum(line.amount_minor for line in ruling.post.draft.lines if line.amount_minor > 0))
    if ruling and ruling.reverses:
        amounts.append(turnover.get(ruling.reverses.id, 0))
    return max(amounts) > limit or bool(currencies - {base_currency, ""})
