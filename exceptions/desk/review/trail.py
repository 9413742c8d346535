"""The history of a case on the review page: its opening, decisions and proposals, and entries in the audit log."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from exceptions.assignees import Assignee
from exceptions.decisions import DecisionAction
from exceptions.desk.review.parts import RESULTS
from exceptions.models import ExceptionCase, Resolution, Stage
from ledgersafe.audit.models import AuditEntry

MAX_TRAIL: Final = 200
#: Audit actions left out of the trail: it shows the decisions themselves.
_SHOWN_AS_DECISIONS: Final = (
    "exceptions.case.resolved",
    "exceptions.case.proposed",
    "exceptions.proposal.declined",
    "exceptions.proposal.withdrawn",
)
_TONES_OF_STAGES: Final = {Stage.RESOLVED: "ls-ok", Stage.PROPOSED: "ls-info", Stage.DECLINED: "ls-warn"}
_ACTIONS: Final[dict[str, str]] = {DecisionAction.REPLAY: "post a version", DecisionAction.NO_REPLAY: "dismiss"}


def trail(case: ExceptionCase, decisions: Iterable[Resolution]) -> list[dict[str, Any]]:
    """The case's history, oldest first: its opening, its decisions, and its other entries in the audit log."""
    entries = AuditEntry.objects.filter(tenant_id=case.tenant_id, object_type="exception", object_id=str(case.pk))
    # The log has no index by object: the search is bounded by the case's opening and resolution.
    entries = entries.filter(at__gte=case.created_at - timedelta(minutes=1)).exclude(action__in=_SHOWN_AS_DECISIONS)
    if case.resolved_at is not None:
        entries = entries.filter(at__lte=case.resolved_at + timedelta(minutes=1))
    moments = [{"at": case.created_at, "kind": "opened", "tone": "ls-warn", "what": case}]
    moments += [_entry_moment(entry) for entry in entries.order_by("id")[:MAX_TRAIL]]
    moments += [_decision_moment(row) for row in decisions]
    return sorted(moments, key=lambda moment: moment["at"])


def _entry_moment(entry: AuditEntry) -> dict[str, Any]:
    assignee = (entry.after or {}).get("assigned_to") or ""
    names = {"by": Assignee(entry.actor).name, "assignee": Assignee(assignee).name}
    return {"at": entry.at, "kind": "audit", "tone": "", "what": entry} | names


def _decision_moment(row: Resolution) -> dict[str, Any]:
    return {
        "at": row.at,
        "kind": row.stage,
        "tone": _TONES_OF_STAGES.get(Stage(row.stage), ""),
        "what": row,
        "by": Assignee(row.actor).name,
        "action": _ACTIONS.get(row.action, row.action),
        "result": RESULTS.get(row.result, row.result),
    }
