"""Write the journals of decisions, their reversals, headers and references; one set of statements for all cases.

Ingest does not use this module: it writes the same in the call that keeps the arrival.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.accounts import opening
from ledger.fx import Conversion, kept_conversions
from ledger.journals import JournalDraft, JournalReversal, NewJournal, posting
from ledger.models import Account, AccountStatus
from ledger.periods import periods
from ledgersafe.postgres.db import as_jsonb, call
from ledgersafe.values.errors import DomainError
from pos.decisions.candidates import Candidate
from pos.decisions.held_cases import HeldCase
from pos.decisions.ruling import ReplayValidationFailed, Ruling, reversal_day
from pos.models.figures import Figures
from pos.posting import TenantMemory, reference_row
from pos.rules import RULES_VERSION, Post
from pos.sales.header import figures_of, header_of, mirror_figures_of


@dataclass(slots=True)
class CaseRun:
    """The progress of one case through a decision: its ruling or refusal, and the ids of the journals written."""

    held_case: HeldCase
    ruling: Ruling | None = None
    refusal: DomainError | None = None
    needs_second_person: bool = False
    journal_id: int | None = None
    reversal_id: int | None = None
    mirror_id: int | None = None

    @property
    def case_id(self) -> uuid.UUID:
        """The id of the case."""
        return self.held_case.case.id

    def refuse(self, refusal: DomainError) -> None:
        """Refuse the case, and forget its ruling and the journals of a savepoint that was rolled back."""
        self.refusal, self.ruling = refusal, None
        self.journal_id = self.reversal_id = self.mirror_id = None

    @property
    def candidate(self) -> Candidate | None:
        """The version chosen, or None."""
        return self.ruling.candidate if self.ruling else None

    @property
    def post(self) -> Post | None:
        """The posting, or None."""
        return self.ruling.post if self.ruling else None

    @property
    def written(self) -> set[int]:
        """The ids of the journals written, reversals included."""
        journal_ids = (self.reversal_id, self.mirror_id, self.journal_id)
        return {journal_id for journal_id in journal_ids if journal_id is not None}


def book(tenant_id: int, ruled: Sequence[CaseRun], memory: TenantMemory, now: datetime) -> None:
    """Write the reversals and journals of runs that were ruled on, and set their ids on the runs; operation.

    Reversals come first: a key gets a new journal only after its last one was reversed. Days are opened in order, so
    that two transactions never wait for each other's days.

    :raises ReplayValidationFailed: an account is not active. :raises django.db.IntegrityError: a guard refuses.
    """
    undo = {run.ruling.reverses.id: run for run in ruled if run.ruling and run.ruling.reverses}
    anew = [run for run in ruled if run.post and run.post.draft.lines]
    mirrors = [run for run in anew if run.post and run.post.mirror]
    entries = [_entry(run, _main(run), "event") for run in anew] + [
        _entry(run, _mirror(run), "correction") for run in mirrors
    ]
    reversals = [_reversal(run, memory, now) for run in undo.values()]
    for day in sorted({entry.business_date for entry in entries} | {one.business_date for one in reversals}):
        periods.open_day(tenant_id, day, time_zone=memory.time_zone, cut_off=memory.cut_off)
    ids = opening.find_or_open(tenant_id, {line.account for entry in entries for line in entry.draft.lines})
    _refuse_inactive(ids.values())
    mirrored = posting.reverse(tenant_id, reversals)
    for journal_id, reversal_id in mirrored.items():
        undo[journal_id].reversal_id = reversal_id
    if mirrored:
        call("pos_mirror_facts_v1", tenant_id, as_jsonb({str(key): value for key, value in mirrored.items()}))
    written = posting.post(tenant_id, entries, ids)
    for run, journal_id in zip(anew, written[: len(anew)], strict=True):
        run.journal_id = journal_id
    for run, journal_id in zip(mirrors, written[len(anew) :], strict=True):
        run.mirror_id = journal_id
    _record_facts(tenant_id, anew)
    kept_conversions.keep(tenant_id, [pair for run in anew for pair in _converted(run)])


def _converted(run: CaseRun) -> list[tuple[int, Conversion]]:
    """Pair the journal of a run with each of its currency conversions."""
    return [(run.journal_id, one) for one in _post(run).conversions] if run.journal_id else []


def _record_facts(tenant_id: int, runs: Sequence[CaseRun]) -> None:
    facts, references = [], []
    for run in runs:
        post = _post(run)
        facts.append(_fact(run, post, run.journal_id, figures_of(post)))
        if post.mirror is not None:
            facts.append(_fact(run, post, run.mirror_id, mirror_figures_of(post)))
        if post.references:
            rows = [reference_row(reference) for reference in post.references]
            references.append({"j": run.journal_id, "k": run.held_case.key.idempotency_key, "rows": rows})
    if facts:
        call("pos_record_facts_v1", tenant_id, as_jsonb(facts), as_jsonb(references))


def _fact(run: CaseRun, post: Post, journal_id: int | None, figures: Figures) -> dict[str, Any]:
    event = post.event
    return header_of(post, figures) | {
        "j": journal_id,
        "k": run.held_case.key.idempotency_key,
        "raw": run.candidate.raw_id if run.candidate else None,
        "st": event.store_code,
        "tx": event.txn_id,
        "et": event.event_type,
        "at": event.occurred_at.isoformat(),
        "date": post.business_date.isoformat(),
        "late": post.is_late,
    }


def _post(run: CaseRun) -> Post:
    assert run.post is not None  # noqa: S101  the caller selected such runs
    return run.post


def _main(run: CaseRun) -> JournalDraft:
    return _post(run).draft


def _mirror(run: CaseRun) -> JournalDraft:
    mirror = _post(run).mirror
    assert mirror is not None  # noqa: S101  the caller selected such runs
    return mirror


def _reversal(run: CaseRun, memory: TenantMemory, now: datetime) -> JournalReversal:
    assert run.ruling is not None and run.ruling.reverses is not None  # noqa: S101, PT018  the caller selected such runs
    store_code = run.held_case.case.store_code
    day, is_late = reversal_day(run.ruling.reverses, memory.facts, store_code=store_code, now=now)
    return JournalReversal(run.ruling.reverses.id, day, now, is_late)


def _entry(run: CaseRun, draft: JournalDraft, source: str) -> NewJournal:
    post = _post(run)
    revision = 1 + max((journal.revision for journal in run.held_case.journals), default=0)
    return NewJournal(
        source=source,
        source_key=run.held_case.key.idempotency_key,
        revision=revision if source == "event" else 1,
        draft=draft,
        business_date=post.business_date,
        occurred_at=post.event.occurred_at,
        external_ref=post.event.txn_id,
        rules_version=RULES_VERSION,
        is_late=post.is_late,
    )


def _refuse_inactive(account_ids: Collection[int]) -> None:
    """Refuse inactive accounts by code; the guard on postings would refuse them too, but by id only."""
    blocked = Account.objects.filter(id__in=account_ids).exclude(status=AccountStatus.ACTIVE)
    for code, status in blocked.values_list("code", "status"):
        message = f"The books refused it: account {code} is {status}."
        raise ReplayValidationFailed(message, reason_code="PROCESSING_FAILED")
