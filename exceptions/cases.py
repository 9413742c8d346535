"""Cases: assign one (use case); lock, resolve and propose (operations of the till's side in its own transaction).

A case knows nothing of events and journals: callers pass in what a decision did to them (`DecidedCase`).
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from exceptions.decisions import Decision
from exceptions.models import CaseStatus, ExceptionCase, Resolution, Stage
from ledgersafe.audit import trail
from ledgersafe.postgres.db import as_jsonb, call, require_transaction, tenant_transaction
from ledgersafe.telemetry.request_id import current_request_id
from ledgersafe.tenants.lineage import actors_like
from ledgersafe.values.errors import DomainError, InvalidParameter, NotFound

#: Condition on `Resolution`: an open proposal, neither declined nor withdrawn.
IS_WAITING: Final = Q(stage=Stage.PROPOSED) & ~Exists(
    Resolution.objects.filter(tenant=OuterRef("tenant"), proposal=OuterRef("pk"))
)


class AlreadyResolved(DomainError):
    """Somebody has decided this exception already."""

    code = "ALREADY_RESOLVED"
    http_status = 409


class FourEyesRequired(DomainError):
    """The amount is above the tenant's limit: the decision was noted, and another person must confirm it."""

    code = "FOUR_EYES_REQUIRED"
    http_status = 403


@dataclass(frozen=True, slots=True)
class DecidedCase:
    """A decision on a case and its outcome. `patch_text` is JSON text, so that no number is rewritten.

    :ivar attempted: whether a version was to be posted. :ivar result: what became of it; empty without an attempt.
    :ivar payload_hash: SHA-256 of the posted payload, 32 bytes.
    """

    case_id: uuid.UUID
    action: str
    attempted: bool = False
    result: str = ""
    canonical_raw_id: int | None = None
    patch_text: str | None = None
    payload_hash: bytes | None = None
    journal_id: int | None = None
    reversal_journal_id: int | None = None


def assign_case(*, tenant_id: int, case_id: uuid.UUID, assignee: str, actor: str, now: datetime) -> ExceptionCase:
    """Assign an open case; an empty assignee makes it unassigned.

    :raises NotFound: no such case. :raises AlreadyResolved: it is decided.
    :raises InvalidParameter: the assignee is no printable text of up to 200 characters.
    """
    if len(assignee) > 200 or not assignee.isprintable() or assignee != assignee.strip():
        raise InvalidParameter("assigned_to must be up to 200 printable characters.")
    with tenant_transaction(tenant_id):
        case = lock_cases(tenant_id, [case_id]).get(case_id)
        if case is None:
            raise NotFound("There is no such exception.")
        if case.status != CaseStatus.OPEN:
            raise AlreadyResolved
        if case.assigned_to != assignee:
            before, case.assigned_to = case.assigned_to, assignee
            case.save(update_fields=["assigned_to"])
            trail.record(
                tenant_id=tenant_id,
                actor=actor,
                action="exceptions.case.assigned",
                object_type="exception",
                object_id=case.id,
                before={"assigned_to": before or None},
                after={"assigned_to": assignee or None},
            )
    return case


def lock_cases(tenant_id: int, case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, ExceptionCase]:
    """Lock cases until commit and return them by id; operation.

    In id order, so that two bulk decisions never wait for each other crosswise. Lock the events' keys before: intake
    locks the key first, and then opens or joins the case.
    """
    require_transaction()
    rows = ExceptionCase.objects.select_for_update(of=("self",)).filter(tenant_id=tenant_id, id__in=case_ids)
    return {case.id: case for case in rows.order_by("id")}


def resolve(tenant_id: int, decisions: Sequence[DecidedCase], *, notes: str, actor: str, now: datetime) -> None:
    """Resolve locked open cases and write decisions and trail; operation, one statement for any number.

    :raises django.db.IntegrityError: a case is not open.
    """
    require_transaction()
    if not decisions:
        return
    rows = [
        {
            "case": str(decision.case_id),
            "action": decision.action,
            "attempted": decision.attempted,
            "result": decision.result or None,
            "raw": decision.canonical_raw_id,
            "patch": decision.patch_text,
            "hash": decision.payload_hash.hex() if decision.payload_hash else None,
            "journal": decision.journal_id,
            "reversal": decision.reversal_journal_id,
        }
        for decision in decisions
    ]
    call("exceptions_resolve_v1", tenant_id, as_jsonb(_context(notes, actor, now)), as_jsonb(rows))


def note_refused_replays(tenant_id: int, refused: Mapping[uuid.UUID, str], now: datetime) -> None:
    """Count refused attempts on open cases; operation, one statement per code. :param refused: code by case id."""
    require_transaction()
    for code in sorted(set(refused.values())):
        ids = [case_id for case_id, value in refused.items() if value == code]
        ExceptionCase.objects.filter(tenant_id=tenant_id, id__in=ids, status=CaseStatus.OPEN).update(
            replay_attempts=F("replay_attempts") + 1, last_replay_status=code[:32], last_replay_at=now
        )


def confirms_a_proposal(
    case_id: uuid.UUID, *, tenant_id: int, action: str, payload_hash: bytes | None, actor: str
) -> bool:
    """Whether another person has an open proposal of the same action and payload. A rotated key is the same person."""
    oneself = actors_like(tenant_id, actor)
    return _proposals(case_id, tenant_id, action, payload_hash).exclude(actor__in=oneself).exists()


def propose(
    case_id: uuid.UUID,
    decision: Decision,
    *,
    tenant_id: int,
    patch_text: str | None,
    canonical_raw_id: int | None,
    payload_hash: bytes | None,
    actor: str,
    now: datetime,
) -> None:
    """Record a proposal for a second person to confirm; operation. Proposing the same again changes nothing."""
    require_transaction()
    oneself = actors_like(tenant_id, actor)
    if _proposals(case_id, tenant_id, decision.action, payload_hash).filter(actor__in=oneself).exists():
        return
    row = {"case": str(case_id), "action": decision.action, "raw": canonical_raw_id, "patch": patch_text}
    row["hash"] = payload_hash.hex() if payload_hash else None
    call("exceptions_propose_v1", tenant_id, as_jsonb(_context(decision.notes, actor, now)), as_jsonb(row))


def _proposals(case_id: uuid.UUID, tenant_id: int, action: str, payload_hash: bytes | None) -> QuerySet[Resolution]:
    rows = Resolution.objects.filter(IS_WAITING, tenant_id=tenant_id, case_id=case_id, action=action)
    return rows.filter(final_payload_sha256=payload_hash)  # None: IS NULL


def _context(notes: str, actor: str, now: datetime) -> dict[str, Any]:
    return {"notes": notes, "actor": actor, "at": now.isoformat(), "request": current_request_id()}
