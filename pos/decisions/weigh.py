"""Weigh the versions of a held event as choices, for display: pure drafts beside what stands. Nothing is locked."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from exceptions.decisions import Decision, DecisionAction
from exceptions.models import ExceptionCase
from ledgersafe.values.errors import DomainError
from pos.contract import Hold
from pos.decisions import effects, held_cases
from pos.decisions.candidates import Candidate, as_it_happened, meant_raw_id, originals_of, read_candidate
from pos.decisions.effects import Choice, PreviewJournal
from pos.decisions.held_cases import HeldCase
from pos.decisions.ruling import Ruling, reversal_day, rule
from pos.models import RawEvent
from pos.posting import TenantMemory, rates_for, tenant_memory

_WEIGHED: Final = Decision(DecisionAction.REPLAY, notes="weighed")


def weigh_choices(case: ExceptionCase, *, now: datetime) -> list[Choice]:
    """List every version of a case's event as a choice; empty when its key is gone.

    The number of statements does not depend on the number of versions. Refusals by the books show only in a preview.
    """
    held_case = held_cases.read_held(case)
    if held_case is None:
        return []
    return _weigh(held_case, [replace(_WEIGHED, canonical_raw_id=raw_id) for raw_id in held_case.known.values()], now)


def weigh_decision(case: ExceptionCase, decision: Decision, *, now: datetime) -> Choice | None:
    """Weigh a proposed decision as `weigh_choices` weighs a version; None when the key of the case is gone."""
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
    """Return the fingerprint of the version, or of its arrival if that cannot be read as a candidate."""
    if isinstance(candidate, Candidate):
        return candidate.payload_hash
    return next((payload_hash for payload_hash, known_id in held_case.known.items() if known_id == raw_id), b"")


def _weighable(
    held_case: HeldCase, arrival: RawEvent | None, decision: Decision, base_currency: str
) -> Candidate | str:
    """Read a version as a candidate, or return why it cannot be one."""
    try:
        return as_it_happened(read_candidate(held_case, arrival, decision, base_currency=base_currency), arrival)
    except DomainError as error:
        return error.message


def _on_paper(
    held_case: HeldCase,
    ruling: Ruling,
    standing: tuple[PreviewJournal, ...],
    memory: TenantMemory,
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
