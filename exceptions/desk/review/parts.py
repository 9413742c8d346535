"""Parts of the review page, as its templates take them: head, refusal, effects of each choice, preview. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from exceptions.assignees import Assignee
from exceptions.decisions import NotesRequired
from exceptions.desk.case_view import Review
from exceptions.desk.inbox_page import TONE_OF_SEVERITY, age_of, at_risk_of
from exceptions.models import CaseStatus
from exceptions.reasons import REASONS
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import DomainError
from ledgersafe.values.money import to_decimal_text
from ledgersafe.values.pretty import visible

_FIGURES: Final = (("drawer", "Drawer"), ("tax", "Tax owed"), ("revenue", "Revenue"))
_DISPOSITIONS: Final = {
    "effective": ("posted", "ls-ok"),
    "held": ("undecided", "ls-warn"),
    "superseded": ("superseded", ""),
    "rejected": ("rejected", ""),
    "ignored": ("dismissed", ""),
}
_KEY_STATES: Final = {
    "processed": "posted",
    "quarantined": "held, not posted",
    "ignored": "dismissed",
}
RESULTS: Final = {"processed": "posted", "unchanged": "nothing changed"}


def head(review: Review, now: datetime) -> dict[str, Any]:
    """Facts of the case for the page's head."""
    case, key = review.case, review.key
    reason = REASONS[case.reason_code]
    age, tone = age_of(case.created_at, case.resolved_at or now)
    arrival = review.arrival
    return {
        "code": reason.code,
        # The catalogue is also printed as Markdown, with field names in backticks.
        "meaning": reason.meaning.replace("`", ""),
        "advice": reason.advice.replace("`", ""),
        "tone": TONE_OF_SEVERITY[reason.severity],
        "at_risk": at_risk_of(case),
        "age": age,
        "age_tone": tone if case.status == CaseStatus.OPEN else "",
        "assignee": Assignee(case.assigned_to) if case.assigned_to else None,
        "key_state": _KEY_STATES.get(key.status, key.status) if key else "none",
        "journal_id": key.journal_id if key else None,
        "received": _times(key.arrivals if key else 0),
        "versions": len(review.versions),
        "txn_id": visible(arrival.txn_id or "") if arrival else "",
        "event_type": visible(arrival.event_type or "") if arrival else "",
        "message": "" if case.reason_code == "IDEMPOTENCY_CONFLICT" else case.details.get("message", ""),
        "problems": case.details.get("errors", []),
        "last_replay": RESULTS.get(case.last_replay_status, case.last_replay_status),
        "resolved_by": Assignee(case.resolution_actor).name,
    }


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def message_of(error: DomainError | None) -> str:
    """A refusal's message, with the API's field names replaced by the labels of the page."""
    if error is None:
        return ""
    if error.code == "INVALID_CANONICAL_RAW_ID":
        return "This version cannot be chosen; look at the versions again."
    if error.message == NotesRequired().message:
        return "Give a reason: it is kept in the audit log."
    return error.message.replace("resolution_notes", "The reason").replace("override_patch", "The patch")


def refusal_part(error: DomainError | None) -> dict[str, Any]:
    """A refusal for its template: its message, and its errors by field except one that repeats the message."""
    problems = error.context.get("errors", []) if error else []
    errors = [problem for problem in problems if problem.get("message") != error.message] if error else []
    return {"error": error, "error_text": message_of(error), "errors": errors}


# ── Effects of each choice ───────────────────────────────────────────────────────────────────
def choices(review: Review, chosen: str) -> list[dict[str, Any]]:
    """The versions that can be chosen, each with the journals it would post and their effect.

    :param chosen: raw id of the version that is ticked in the form.
    """
    rows = []
    offered = [version for version in review.versions if version.choice is not None]
    for version in offered:
        choice = version.choice
        assert choice is not None  # noqa: S101  filtered above
        disposition, tone = _DISPOSITIONS.get(version.disposition, (version.disposition, ""))
        rows.append(
            {
                "version": version,
                "state": "posted" if version.in_books else disposition,
                "tone": "ls-ok" if version.in_books else tone,
                "stands": choice.stands,
                "refusal": choice.refusal,
                "journals": [journal_part(journal) for journal in choice.journals],
                "change": change_part(choice.change),
                # A single version is preselected; of several, none: the page must not suggest a decision.
                "is_chosen": str(version.raw_id) == chosen or (len(offered) == 1 and not chosen),
            }
        )
    return rows


def preview_part(preview: Any) -> dict[str, Any]:
    """A preview (`pos.decisions.resolve.Preview`) for its template."""
    return {
        "journals": [journal_part(journal) for journal in preview.journals],
        "change": change_part(preview.change),
        "needs_two": preview.needs_second_person,
        "result": preview.resolved.result,
    }


def journal_part(journal: Any) -> dict[str, Any]:
    """A journal (`pos.decisions.effects.PreviewJournal`) in debit and credit."""
    lines = []
    for line in journal.lines:
        side = "debit" if line.amount_minor > 0 else "credit"
        lines.append({"code": line.code, "name": line.name, side: _money(abs(line.amount_minor), line.currency)})
    return {"kind": journal.kind, "date": journal.business_date, "reverses": journal.reverses, "lines": lines}


def change_part(change: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """The change of each figure per currency, in minor units, as signed text like `+0.50 USD`."""
    return [
        {
            "label": label,
            "amounts": [
                {"text": f"{'+' if minor > 0 else '−'}{_money(abs(minor), currency)}", "is_less": minor < 0}
                for currency, minor in sorted(change.get(name, {}).items())
            ],
        }
        for name, label in _FIGURES
    ]


def needs_second_person(review: Review) -> bool:
    """Tell whether a decision is likely to exceed the tenant's limit. An estimate: only the preview knows."""
    tenant: Tenant = review.case.tenant
    if tenant.four_eyes_limit_minor is None:
        return False
    case = review.case
    is_foreign = bool(case.amount_at_risk_minor) and case.currency not in {"", tenant.base_currency}
    return is_foreign or (case.amount_at_risk_minor or 0) > tenant.four_eyes_limit_minor


def _money(minor: int, currency: str) -> str:
    return f"{to_decimal_text(minor, currency)} {currency}"
