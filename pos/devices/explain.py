"""Use case: explain missing sequence numbers of a device."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from django.db import IntegrityError

from exceptions.decisions import NotesRequired, read_notes
from ledgersafe.audit import trail
from ledgersafe.postgres.db import cause_of, retry_serialization, tenant_transaction
from ledgersafe.values import card_numbers
from ledgersafe.values.errors import DomainError, InvalidParameter, NotFound
from pos.contract import MAX_SEQUENCE, PanDetected
from pos.models import EventKey, GapExplanation


class NotMissing(DomainError):
    """Not all of these numbers are missing between events of the device."""

    code = "NOT_MISSING"
    http_status = 409


class AlreadyExplained(DomainError):
    """Some of these numbers are explained already."""

    code = "ALREADY_EXPLAINED"
    http_status = 409


#: Refusals by the name of the violated constraint.
_REFUSALS: Final[dict[str, type[DomainError]]] = {
    "device_gap_explanations_once": AlreadyExplained,
    "device_gap_explanations_of_a_gap": NotMissing,
}


@dataclass(frozen=True, slots=True)
class Missing:
    """A range of missing numbers of a device, both ends included, and the reason."""

    device_id: str
    first_seq: int
    last_seq: int
    reason: str


def explain_gap(*, tenant_id: int, missing: Missing, actor: str, now: datetime) -> GapExplanation:
    """Record why numbers of a device are missing. The record stays; an event that arrives later is still posted.

    :raises InvalidParameter: the numbers are no range. :raises exceptions.decisions.NotesRequired: no reason.
    :raises pos.contract.PanDetected: a card number in the reason. :raises NotFound: no such device.
    :raises NotMissing: a number arrived or lies outside. :raises AlreadyExplained: a number has an explanation.
    """
    if not 1 <= missing.first_seq <= missing.last_seq <= MAX_SEQUENCE:
        raise InvalidParameter("first_seq and last_seq are whole numbers from 1 on, the first one not above the last.")
    reason = _reason(missing.reason)
    try:
        return retry_serialization(partial(_explain, tenant_id, missing, reason, actor, now))
    except IntegrityError as error:
        refusal = _REFUSALS.get(getattr(getattr(cause_of(error), "diag", None), "constraint_name", None) or "")
        if refusal is None:
            raise
        raise refusal from error


def _explain(tenant_id: int, missing: Missing, reason: str, actor: str, now: datetime) -> GapExplanation:
    with tenant_transaction(tenant_id):
        if not EventKey.objects.filter(
            tenant_id=tenant_id, device_id=missing.device_id, device_seq__isnull=False
        ).exists():
            raise NotFound("There is no such device.")
        span: dict[str, Any] = {"first_seq": missing.first_seq, "last_seq": missing.last_seq}
        explanation = GapExplanation.objects.create(
            tenant_id=tenant_id,
            device_id=missing.device_id,
            reason=reason,
            explained_by=actor,
            explained_at=now,
            **span,
        )
        trail.record(
            tenant_id=tenant_id,
            actor=actor,
            action="pos.device_gap.explained",
            object_type="device",
            object_id=missing.device_id,
            after=span,
            notes=reason,
        )
        return explanation


def _reason(text: str) -> str:
    try:
        reason = read_notes(text)
    except NotesRequired as error:
        raise NotesRequired(error.message.replace("resolution_notes", "reason"), field="reason") from error
    if card_numbers.contains_pan(reason):
        raise PanDetected("There is a card number in the reason; nothing was stored.", field="reason")
    return reason
