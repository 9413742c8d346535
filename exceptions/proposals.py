"""Use cases: decline or withdraw a proposal, a decision above the tenant's limit that needs a second person.

The second person confirms a proposal by making the same decision (`cases.confirms_a_proposal`), or declines it; its
proposer may withdraw it. A case can have several.
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
    """Decline a colleague's proposal as the second person; the case stays open.

    :raises NotTheSecondPerson: it is the actor's own, or the actor may not approve.
    :raises NotFound: the case has no such proposal. :raises AlreadyResolved: the case was decided.
    :raises ProposalEnded: it was declined or withdrawn before. :raises NotesRequired: as `decisions.read_notes`.
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
    """Withdraw one's own proposal; the case stays open.

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
    """The refusal when the actor cannot confirm the proposal by this decision; None: it can. Operation, case locked."""
    require_transaction()
    try:
        proposal = _waiting_on(tenant_id, case_id, proposal_id)
    except DomainError as error:
        return error
    proposal_effect = proposal.action, bytes(proposal.final_payload_sha256 or b"")
    if proposal_effect != (action, payload_hash or b""):
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
    """Lock the case and return its open proposal. The race this closes: one person confirms while another declines."""
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
