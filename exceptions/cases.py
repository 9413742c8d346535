"""Deciding held work: assign a case, and the operations a replay is made of.

A case knows nothing of events and journals; what a decision did to them is told to it (`Decided`).
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

#: A proposal that was neither declined nor withdrawn; of `Resolution`.
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
    """What was decided on a case and what came of it. `patch_text` is JSON text, so that no number is rewritten."""

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
    """Say who looks after an open case; an empty assignee gives it back to everybody.

    :raises NotFound: no such case. :raises AlreadyResolved: nobody needs to look after it any more.
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
    """Cases by id, locked in id order until commit; operation. Who decides a case is alone with it.

    Whoever decides on events has locked their keys before: ingest locks the key and then opens or joins the case.
    """
    require_transaction()
    rows = ExceptionCase.objects.select_for_update(of=("self",)).filter(tenant_id=tenant_id, id__in=case_ids)
    return {case.id: case for case in rows.order_by("id")}


def resolve(tenant_id: int, decided: Sequence[DecidedCase], *, notes: str, actor: str, now: datetime) -> None:
    """Close locked open cases and write the decisions and the trail; operation, one statement for all of them.

    :raises django.db.IntegrityError: one of them is not open.
    """
    require_transaction()
    if not decided:
        return
    rows = [
        {
            "case": str(one.case_id),
            "action": one.action,
            "attempted": one.attempted,
            "result": one.result or None,
            "raw": one.canonical_raw_id,
            "patch": one.patch_text,
            "hash": one.payload_hash.hex() if one.payload_hash else None,
            "journal": one.journal_id,
            "reversal": one.reversal_journal_id,
        }
        for one in decided
    ]
    call("exceptions_resolve_v1", tenant_id, as_jsonb(_context(notes, actor, now)), as_jsonb(rows))


def note_refused_replays(tenant_id: int, refused: Mapping[uuid.UUID, str], now: datetime) -> None:
    """Count a replay that could not be carried out on its open case, by code; operation, one statement per code."""
    require_transaction()
    for code in sorted(set(refused.values())):
        ids = [case_id for case_id, value in refused.items() if value == code]
        ExceptionCase.objects.filter(tenant_id=tenant_id, id__in=ids, status=CaseStatus.OPEN).update(
            replay_attempts=F("replay_attempts") + 1, last_replay_status=code[:32], last_replay_at=now
        )


def confirms_a_proposal(
    case_id: uuid.UUID, *, tenant_id: int, action: str, payload_hash: bytes | None, actor: str
) -> bool:
    """Whether somebody else has proposed just this decision, and it was neither declined nor withdrawn.

    The same key, rotated meanwhile, is nobody else.
    """
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
    """Keep a decision that waits for a second person; operation. Proposing the same again changes nothing."""
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
