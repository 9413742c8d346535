"""What an operator does: requests read into decisions, and what the use cases of the till's side made of them.

Beside `console`, which shows, this is the one place where held work looks up the stack.
"""

import logging
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from celery import current_app
from django.http import HttpRequest
from kombu.exceptions import OperationalError

from exceptions import cases, proposals, queries
from exceptions.decisions import Decision
from exceptions.desk.serializers import case_item
from exceptions.models import ExceptionCase, Resolution
from ledgersafe.http import json_requests
from ledgersafe.http.members import Declared
from ledgersafe.tenants.keys import Principal
from ledgersafe.values.errors import InvalidParameter, NotFound
from ledgersafe.values.money import to_decimal_text
from pos.decisions import BulkOutcome, Preview, ResolvedCase, effects, replay_jobs
from pos.decisions import resolve as replay
from pos.models import ReplayJob

logger = logging.getLogger(__name__)

_JSON_PATCH: Final = "application/json-patch+json"
_MEDIA_TYPES: Final = json_requests.JSON | {"application/merge-patch+json", _JSON_PATCH}


@dataclass(frozen=True, slots=True)
class Body:
    """A request's body, read exactly: no number in it has been a float."""

    value: Mapping[str, Any]
    is_json_patch: bool


def read_body(request: HttpRequest, principal: Principal, declared: Declared) -> Body:
    """:raises DomainError: what `json_requests.read_object` refuses: nothing of it is kept then."""
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
    """`POST /v1/exceptions/{id}/preview`: notes may still be missing."""
    case = queries.get_case(principal, case_id)
    value = {"resolution_notes": "preview", **{k: v for k, v in body.value.items() if k != "resolution_notes"}}
    seen = replay.preview_resolution(
        tenant_id=case.tenant_id,
        case_id=case.id,
        decision=Decision.read(value, json_patch=body.is_json_patch),
        actor=principal.actor,
        may_approve=principal.may_approve,
        now=now,
        bound_to=principal.store_code,
    )
    return preview_answer(seen)


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
        raise InvalidParameter('Say who: {"assigned_to": "anna"}, or null for nobody.')
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


def resolved_answer(resolved: ResolvedCase) -> dict[str, Any]:
    """As the contract has it."""
    return {
        "exception_id": str(resolved.case_id),
        "status": "resolved",
        "replay": {
            "attempted": resolved.attempted,
            "result": resolved.result or None,
            "canonical_raw_id": resolved.canonical_raw_id,
            "final_payload_hash": resolved.final_payload_hash,
            "journal_id": resolved.journal_id,
            "reversal_journal_id": resolved.reversal_journal_id,
        },
    }


def preview_answer(seen: Preview) -> dict[str, Any]:
    """What would happen; without journal ids, which a rolled-back run only borrowed."""
    return {
        "exception_id": str(seen.resolved.case_id),
        "result": seen.resolved.result or None,
        "canonical_raw_id": seen.resolved.canonical_raw_id,
        "final_payload_hash": seen.resolved.final_payload_hash,
        "final_payload": canonical_fragment(seen.payload_text),
        "journals": [effects.as_dict(journal, to_decimal_text) for journal in seen.journals],
        "change": _change(seen),
        "needs_second_person": seen.needs_second_person,
    }


def _change(seen: Preview) -> dict[str, dict[str, str]]:
    """Each figure in every currency that is moved at all, so that no change is said as one of nothing."""
    currencies = sorted({line.currency for journal in seen.journals for line in journal.lines})
    return {
        name: {currency: to_decimal_text(by_currency.get(currency, 0), currency) for currency in currencies}
        for name, by_currency in seen.change.items()
    }


def canonical_fragment(text: str | None) -> Any:
    """JSON text that goes out as it is: its numbers are exact, and stay so."""
    return orjson.Fragment(text) if text is not None else None


def bulk_answer(case_ids: Sequence[uuid.UUID], outcomes: Mapping[uuid.UUID, BulkOutcome]) -> dict[str, Any]:
    """One result per id, in order, and how many there were of each."""
    results = [_bulk_result(case_id, outcomes.get(case_id)) for case_id in case_ids]
    return {"results": results, "counts": dict(Counter(result["status"] for result in results))}


def _bulk_result(case_id: uuid.UUID, outcome: BulkOutcome | None) -> dict[str, Any]:
    if outcome is not None and outcome.resolved is not None:
        return resolved_answer(outcome.resolved)
    refusal = outcome.refusal if outcome and outcome.refusal else NotFound("There is no such exception.")
    return {"exception_id": str(case_id), "status": "refused", "code": refusal.code, "detail": refusal.message}


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
    """Have a worker replay every open case of a reason. The job is on record before a worker is told: should the
    message be lost, the sweeper hands it out again."""
    job = replay_jobs.request_replay(
        tenant_id=tenant_id, reason_code=reason_code, notes=notes, actor=actor, may_approve=may_approve, now=now
    )
    try:
        current_app.send_task("pos.tasks.run_replay", kwargs={"job_id": job.id}, retry=False)
    except OperationalError:
        logger.warning("Replay job %s waits for the sweeper: the broker cannot be reached.", job.id)
    return job
