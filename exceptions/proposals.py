"""Proposals: decisions above a tenant's limit that wait for a second person, and how they end without being made.

The second person confirms one by deciding the same (`cases.confirms_a_proposal`), or declines it; whoever proposed it
may withdraw it. A case can have several.
"""

import uuid
from datetime import datetime

from exceptions.assignees import Assignee
from exceptions.cases import AlreadyResolved, lock_cases
from exceptions.decisions import read_notes
from exceptions.models import CaseStatus, Resolution, Stage
from ledgersafe.audit import trail
from ledgersafe.http.json_requests import CardNumberRefused
from ledgersafe.postgres.db import require_transaction, tenant_transaction
from ledgersafe.tenants.lineage import actors_like
from ledgersafe.values import card_numbers
from ledgersafe.values.errors import DomainError, NotFound

_ENDED = {Stage.DECLINED: "declined", Stage.WITHDRAWN: "withdrawn"}


class ProposalEnded(DomainError):
    """The proposal was declined or withdrawn already."""

    code = "PROPOSAL_ENDED"
    http_status = 409


class NotTheSecondPerson(DomainError):
    """A proposal is confirmed or declined by another person than who made it, who may approve."""

    code = "SECOND_PERSON_REQUIRED"
    http_status = 403


class NotTheProposer(DomainError):
    """A proposal is withdrawn by who made it; anybody else who may approve can decline it."""

    code = "NOT_THE_PROPOSER"
    http_status = 403


def decline_proposal(
    *,
    tenant_id: int,
    case_id: uuid.UUID,
    proposal_id: int,
    notes: object,
    actor: str,
    may_approve: bool,
    now: datetime,
) -> Resolution:
    """Refuse a colleague's proposal as the second person; the case stays open.

    :raises NotTheSecondPerson: it is the actor's own, or the actor may not approve.
    :raises NotFound: the case has no such proposal. :raises AlreadyResolved: the case was decided.
    :raises ProposalEnded: somebody was faster. :raises NotesRequired: no reason, or one that cannot be kept.
    """
    reason = _reason(notes)
    with tenant_transaction(tenant_id):
        proposal = _lock_waiting(tenant_id, case_id, proposal_id)
        if not may_approve or _is_own(proposal, actor):
            raise NotTheSecondPerson
        return _end(proposal, Stage.DECLINED, reason, actor, now)


def withdraw_proposal(
    *, tenant_id: int, case_id: uuid.UUID, proposal_id: int, notes: object, actor: str, now: datetime
) -> Resolution:
    """Take one's own proposal back; the case stays open.

    :raises NotTheProposer: it is somebody else's. Otherwise as `decline_proposal`.
    """
    reason = _reason(notes)
    with tenant_transaction(tenant_id):
        proposal = _lock_waiting(tenant_id, case_id, proposal_id)
        if not _is_own(proposal, actor):
            raise NotTheProposer
        return _end(proposal, Stage.WITHDRAWN, reason, actor, now)


def refusal_of_confirming(
    case_id: uuid.UUID,
    proposal_id: int,
    *,
    tenant_id: int,
    action: str,
    payload_hash: bytes | None,
    actor: str,
    may_approve: bool,
) -> DomainError | None:
    """Why the actor cannot confirm that proposal with this decision on the locked case; operation."""
    require_transaction()
    try:
        proposal = _waiting_on(tenant_id, case_id, proposal_id)
    except DomainError as error:
        return error
    proposed = proposal.action, bytes(proposal.final_payload_sha256 or b"")
    if proposed != (action, payload_hash or b""):
        return ProposalEnded("What was proposed would do something else by now. Look again before you decide.")
    return None if may_approve and not _is_own(proposal, actor) else NotTheSecondPerson()


def _reason(notes: object) -> str:
    reason = read_notes(notes)
    if card_numbers.contains_pan(reason):
        raise CardNumberRefused("There is a card number in the notes; nothing of it was kept.")
    return reason


def _is_own(proposal: Resolution, actor: str) -> bool:
    """Tell whether the actor made the proposal, perhaps with a key that was rotated since."""
    return proposal.actor in actors_like(proposal.tenant_id, actor)


def _lock_waiting(tenant_id: int, case_id: uuid.UUID, proposal_id: int) -> Resolution:
    """The proposal, with its case locked: whoever confirms it meanwhile waits, or was waited for."""
    case = lock_cases(tenant_id, [case_id]).get(case_id)
    if case is None:
        raise NotFound("There is no such exception.")
    if case.status != CaseStatus.OPEN:
        raise AlreadyResolved
    return _waiting_on(tenant_id, case_id, proposal_id)


def _waiting_on(tenant_id: int, case_id: uuid.UUID, proposal_id: int) -> Resolution:
    proposals = Resolution.objects.filter(tenant_id=tenant_id, case_id=case_id, stage=Stage.PROPOSED)
    proposal = proposals.filter(pk=proposal_id).defer("override_patch").first()
    if proposal is None:
        raise NotFound("There is no such proposal on this exception.")
    ending = Resolution.objects.filter(proposal=proposal).only("stage", "actor").first()
    if ending is not None:
        raise ProposalEnded(f"{Assignee(ending.actor).name} has {_ENDED[Stage(ending.stage)]} this proposal already.")
    return proposal


def _end(proposal: Resolution, stage: Stage, notes: str, actor: str, now: datetime) -> Resolution:
    """Write the row that ends a locked case's proposal, and the trail; operation."""
    require_transaction()
    ending = Resolution.objects.create(
        tenant_id=proposal.tenant_id,
        case_id=proposal.case_id,
        proposal=proposal,
        stage=stage,
        action=proposal.action,
        canonical_raw_id=proposal.canonical_raw_id,
        final_payload_sha256=proposal.final_payload_sha256,
        notes=notes,
        actor=actor,
        at=now,
    )
    trail.record(
        tenant_id=proposal.tenant_id,
        actor=actor,
        action=f"exceptions.proposal.{stage.value}",
        object_type="exception",
        object_id=proposal.case_id,
        before={"proposal_id": proposal.pk, "proposed_by": proposal.actor, "action": proposal.action},
        after={"stage": stage.value},
        notes=notes,
    )
    return ending
