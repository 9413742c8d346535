"""API actions on cases: read a request, call a use case of the till's side, and return its JSON."""

import logging
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from celery import current_app
from django.http import HttpRequest
from kombu.exceptions import OperationalError

from exceptions import cases, proposals, queries
from exceptions.decisions import Decision
from exceptions.desk.answers import bulk_answer, preview_answer, resolved_answer
from exceptions.desk.serializers import case_item
from exceptions.models import ExceptionCase, Resolution
from ledgersafe.http import json_requests
from ledgersafe.http.members import Declared
from ledgersafe.tenants.principals import Principal
from ledgersafe.values.errors import InvalidParameter
from pos.decisions import replay_jobs
from pos.decisions import resolve as replay
from pos.models import ReplayJob

logger = logging.getLogger(__name__)

_JSON_PATCH: Final = "application/json-patch+json"
_MEDIA_TYPES: Final = json_requests.JSON | {"application/merge-patch+json", _JSON_PATCH}


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body as JSON, its numbers exact. `is_json_patch`: by its media type."""

    value: Mapping[str, Any]
    is_json_patch: bool


def read_body(request: HttpRequest, principal: Principal, declared: Declared) -> Body:
    """Read a request's body. :raises DomainError: as `json_requests.read_object`; nothing of the body is kept then."""
    slug = principal.tenant_slug
    value = json_requests.read_object(request, slug, declared=declared, media_types=_MEDIA_TYPES)
    return Body(value, (request.content_type or "").lower() == _JSON_PATCH)


def resolve(principal: Principal, case_id: str, body: Body, *, now: datetime) -> dict[str, Any]:
    """`POST /v1/exceptions/{id}/resolve`."""
    case = queries.get_case(principal, case_id)
    resolved = replay.resolve_case(
        tenant_id=case.tenant_id,
        case_id=case.id,
        decision=Decision.read(body.value, json_patch=body.is_json_patch),
        actor=principal.actor,
        may_approve=principal.may_approve,
        now=now,
        bound_to=principal.store_code,
    )
    return resolved_answer(resolved)


def preview(principal: Principal, case_id: str, body: Body, *, now: datetime) -> dict[str, Any]:
    """`POST /v1/exceptions/{id}/preview`: like `resolve`, rolled back; notes are not needed."""
    case = queries.get_case(principal, case_id)
    value = {"resolution_notes": "preview", **{k: v for k, v in body.value.items() if k != "resolution_notes"}}
    preview = replay.preview_resolution(
        tenant_id=case.tenant_id,
        case_id=case.id,
        decision=Decision.read(value, json_patch=body.is_json_patch),
        actor=principal.actor,
        may_approve=principal.may_approve,
        now=now,
        bound_to=principal.store_code,
    )
    return preview_answer(preview)


def decline(principal: Principal, case_id: str, body: Body, *, now: datetime) -> dict[str, Any]:
    """`POST /v1/exceptions/{id}/decline`: refuse a colleague's proposal, as the second person."""
    case, proposal_id = queries.get_case(principal, case_id), _proposal_id(body)
    ending = proposals.decline_proposal(
        tenant_id=case.tenant_id,
        case_id=case.id,
        proposal_id=proposal_id,
        notes=body.value.get("resolution_notes"),
        actor=principal.actor,
        may_approve=principal.may_approve,
        now=now,
    )
    return _ended_answer(case, ending)


def withdraw(principal: Principal, case_id: str, body: Body, *, now: datetime) -> dict[str, Any]:
    """`POST /v1/exceptions/{id}/withdraw`: take one's own proposal back."""
    case, proposal_id = queries.get_case(principal, case_id), _proposal_id(body)
    ending = proposals.withdraw_proposal(
        tenant_id=case.tenant_id,
        case_id=case.id,
        proposal_id=proposal_id,
        notes=body.value.get("resolution_notes"),
        actor=principal.actor,
        now=now,
    )
    return _ended_answer(case, ending)


def _proposal_id(body: Body) -> int:
    """:raises InvalidParameter: it names no proposal."""
    proposal_id = body.value.get("proposal_id")
    if type(proposal_id) is not int or not 0 < proposal_id < 2**63:
        raise InvalidParameter("proposal_id must name a proposal of this exception; GET lists them.")
    return proposal_id


def _ended_answer(case: ExceptionCase, ending: Resolution) -> dict[str, Any]:
    return {"exception": case_item(case), "proposal_id": ending.proposal_id, "stage": ending.stage}


def assign(principal: Principal, case_id: str, body: Body, *, now: datetime) -> dict[str, Any]:
    """`POST /v1/exceptions/{id}/assign`: `{"assigned_to": name or null}`."""
    case = queries.get_case(principal, case_id)
    if "assigned_to" not in body.value:
        raise InvalidParameter('Send {"assigned_to": "anna"}, or null for nobody.')
    assignee = body.value["assigned_to"]
    if assignee is not None and type(assignee) is not str:
        raise InvalidParameter("assigned_to must be text or null.")
    changed = cases.assign_case(
        tenant_id=case.tenant_id, case_id=case.id, assignee=assignee or "", actor=principal.actor, now=now
    )
    return {"exception": case_item(_with_tenant(changed, case))}


def resolve_in_bulk(principal: Principal, body: Body, *, now: datetime) -> dict[str, Any]:
    """`POST /v1/exceptions/bulk-resolve`: `{"exception_ids": […], …}`, an outcome each, in order."""
    case_ids = _case_ids(body.value.get("exception_ids"))
    visible = queries.visible_ids(principal, case_ids)
    outcomes = {
        outcome.case_id: outcome
        for outcome in replay.resolve_in_bulk(
            tenant_id=principal.tenant_id,
            case_ids=[case_id for case_id in case_ids if case_id in visible],
            decision=Decision.read(body.value, json_patch=body.is_json_patch),
            actor=principal.actor,
            may_approve=principal.may_approve,
            now=now,
            bound_to=principal.store_code,
        )
    }
    return bulk_answer(case_ids, outcomes)


def _case_ids(value: object) -> list[uuid.UUID]:
    if not isinstance(value, list) or not 1 <= len(value) <= replay.MAX_BULK:
        raise InvalidParameter(f"exception_ids must be a list of 1 to {replay.MAX_BULK} ids.")
    try:
        ids = [uuid.UUID(item) for item in value if isinstance(item, str)]
    except ValueError:
        ids = []
    if len(ids) != len(value):
        raise InvalidParameter("exception_ids must be UUIDs.")
    return list(dict.fromkeys(ids))


def _with_tenant(changed: ExceptionCase, case: ExceptionCase) -> ExceptionCase:
    changed.tenant = case.tenant
    return changed


def start_replay(
    *, tenant_id: int, reason_code: str, notes: str, actor: str, may_approve: bool, now: datetime
) -> ReplayJob:
    """Record a replay job for every open case of a reason, and send it to a worker.

    The job is committed before it is sent: should the message be lost, the sweeper sends it again.
    """
    job = replay_jobs.request_replay(
        tenant_id=tenant_id, reason_code=reason_code, notes=notes, actor=actor, may_approve=may_approve, now=now
    )
    try:
        current_app.send_task("pos.tasks.run_replay", kwargs={"job_id": job.id}, retry=False)
    except OperationalError:
        logger.warning("Replay job %s waits for the sweeper: the broker cannot be reached.", job.id)
    return job
