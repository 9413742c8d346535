"""Writing what decisions post: reversals, journals, and with each its header and references. Set-based.

Ingest does not come by here: it does the same in the call that keeps the arrival (`migrations/sql/0007_silver.sql`).
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
from pos.decisions.held_cases import HeldCase
from pos.decisions.ruling import Candidate, ReplayValidationFailed, Ruling, reversal_day
from pos.models.figures import Figures
from pos.posting import TenantMemory, reference_row
from pos.rules import RULES_VERSION, Post
from pos.sales.header import figures_of, header_of, mirror_figures_of


@dataclass(slots=True)
class CaseRun:
    """One case on its way: ruled on or refused, and in the end what was written."""

    held: HeldCase
    ruling: Ruling | None = None
    refusal: DomainError | None = None
    needs_second_person: bool = False
    journal_id: int | None = None
    reversal_id: int | None = None
    mirror_id: int | None = None

    @property
    def case_id(self) -> uuid.UUID:
        """The case this is about."""
        return self.held.case.id

    def refuse(self, refusal: DomainError) -> None:
        """Nothing is written for this case, and nothing that was tried stands."""
        self.refusal, self.ruling = refusal, None
        self.journal_id = self.reversal_id = self.mirror_id = None

    @property
    def candidate(self) -> Candidate | None:
        """The version that was chosen, if one was."""
        return self.ruling.candidate if self.ruling else None

    @property
    def post(self) -> Post | None:
        """What is posted, if anything."""
        return self.ruling.post if self.ruling else None

    @property
    def written(self) -> set[int]:
        """The journals that were written."""
        found = (self.reversal_id, self.mirror_id, self.journal_id)
        return {journal_id for journal_id in found if journal_id is not None}


def book(tenant_id: int, ruled: Sequence[CaseRun], directory: TenantMemory, now: datetime) -> None:
    """Write the journals; operation. Reversals first: a key gets a new journal only after its last one was reversed."""
    undo = {v.ruling.reverses.id: v for v in ruled if v.ruling and v.ruling.reverses}
    anew = [v for v in ruled if v.post and v.post.draft.lines]
    mirrors = [v for v in anew if v.post and v.post.mirror]
    entries = [_entry(v, _main(v), "event") for v in anew] + [_entry(v, _mirror(v), "correction") for v in mirrors]
    reversals = [_reversal(verdict, directory, now) for verdict in undo.values()]
    for day in sorted({entry.business_date for entry in entries} | {one.business_date for one in reversals}):
        periods.open_day(tenant_id, day, time_zone=directory.time_zone, cut_off=directory.cut_off)
    ids = opening.find_or_open(tenant_id, {line.account for entry in entries for line in entry.draft.lines})
    _refuse_inactive(ids.values())
    mirrored = posting.reverse(tenant_id, reversals)
    for journal_id, reversal_id in mirrored.items():
        undo[journal_id].reversal_id = reversal_id
    if mirrored:
        call("pos_mirror_facts_v1", tenant_id, as_jsonb({str(key): value for key, value in mirrored.items()}))
    written = posting.post(tenant_id, entries, ids)
    for verdict, journal_id in zip(anew, written[: len(anew)], strict=True):
        verdict.journal_id = journal_id
    for verdict, journal_id in zip(mirrors, written[len(anew) :], strict=True):
        verdict.mirror_id = journal_id
    _record_facts(tenant_id, anew)
    kept_conversions.keep(tenant_id, [pair for verdict in anew for pair in _converted(verdict)])


def _converted(verdict: CaseRun) -> list[tuple[int, Conversion]]:
    """What a journal took in foreign currencies."""
    return [(verdict.journal_id, one) for one in _post(verdict).conversions] if verdict.journal_id else []


def _record_facts(tenant_id: int, verdicts: Sequence[CaseRun]) -> None:
    facts, references = [], []
    for verdict in verdicts:
        post = _post(verdict)
        facts.append(_fact(verdict, post, verdict.journal_id, figures_of(post)))
        if post.mirror is not None:
            facts.append(_fact(verdict, post, verdict.mirror_id, mirror_figures_of(post)))
        if post.references:
            rows = [reference_row(reference) for reference in post.references]
            references.append({"j": verdict.journal_id, "k": verdict.held.key.idempotency_key, "rows": rows})
    if facts:
        call("pos_record_facts_v1", tenant_id, as_jsonb(facts), as_jsonb(references))


def _fact(verdict: CaseRun, post: Post, journal_id: int | None, figures: Figures) -> dict[str, Any]:
    event = post.event
    return header_of(post, figures) | {
        "j": journal_id,
        "k": verdict.held.key.idempotency_key,
        "raw": verdict.candidate.raw_id if verdict.candidate else None,
        "st": event.store_code,
        "tx": event.txn_id,
        "et": event.event_type,
        "at": event.occurred_at.isoformat(),
        "date": post.business_date.isoformat(),
        "late": post.is_late,
    }


def _post(verdict: CaseRun) -> Post:
    assert verdict.post is not None  # noqa: S101  the caller chose
    return verdict.post


def _main(verdict: CaseRun) -> JournalDraft:
    return _post(verdict).draft


def _mirror(verdict: CaseRun) -> JournalDraft:
    mirror = _post(verdict).mirror
    assert mirror is not None  # noqa: S101  the caller chose
    return mirror


def _reversal(verdict: CaseRun, directory: TenantMemory, now: datetime) -> JournalReversal:
    assert verdict.ruling is not None and verdict.ruling.reverses is not None  # noqa: S101, PT018  the caller chose
    store_code = verdict.held.case.store_code
    day, is_late = reversal_day(verdict.ruling.reverses, directory.facts, store_code=store_code, now=now)
    return JournalReversal(verdict.ruling.reverses.id, day, now, is_late)


def _entry(verdict: CaseRun, draft: JournalDraft, source: str) -> NewJournal:
    post = _post(verdict)
    revision = 1 + max((journal.revision for journal in verdict.held.journals), default=0)
    return NewJournal(
        source=source,
        source_key=verdict.held.key.idempotency_key,
        revision=revision if source == "event" else 1,
        draft=draft,
        business_date=post.business_date,
        occurred_at=post.event.occurred_at,
        external_ref=post.event.txn_id,
        rules_version=RULES_VERSION,
        is_late=post.is_late,
    )


def _refuse_inactive(account_ids: Collection[int]) -> None:
    """Said with the account's name; the guard on postings knows only its id, and refuses all the same."""
    blocked = Account.objects.filter(id__in=account_ids).exclude(status=AccountStatus.ACTIVE)
    for code, status in blocked.values_list("code", "status"):
        message = f"The books refused it: account {code} is {status}."
        raise ReplayValidationFailed(message, reason_code="PROCESSING_FAILED")
