"""What the review page shows of a case, ready for its template. Reads nothing but the trail."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from exceptions.assignees import Assignee
from exceptions.desk.case_view import Review, Version
from exceptions.desk.inbox_page import TONE_OF_SEVERITY, age_of, at_risk_of
from exceptions.desk.side_by_side import Comparison, alone, compare
from exceptions.models import CaseStatus, ExceptionCase, Resolution, Stage
from exceptions.patching import diff
from exceptions.reasons import REASONS
from ledgersafe.audit.models import AuditEntry
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import DomainError
from ledgersafe.values.money import to_decimal_text
from ledgersafe.values.pretty import inline, visible

#: Versions compared on one page; a page of its own shows any other one.
MAX_COMPARED: Final = 4
MAX_CHANGES: Final = 200
MAX_TRAIL: Final = 200
_MAX_VALUE: Final = 300
_FIGURES: Final = (("drawer", "Drawer"), ("tax", "Tax owed"), ("revenue", "Revenue"))
_DISPOSITIONS: Final = {
    "effective": ("in the books", "ls-ok"),
    "held": ("undecided", "ls-warn"),
    "superseded": ("superseded", ""),
    "rejected": ("rejected", ""),
    "ignored": ("ignored", ""),
}
#: Told by the decisions themselves.
_TOLD_ALREADY: Final = (
    "exceptions.case.resolved",
    "exceptions.case.proposed",
    "exceptions.proposal.declined",
    "exceptions.proposal.withdrawn",
)
_TONES_OF_STAGES: Final = {Stage.RESOLVED: "ls-ok", Stage.PROPOSED: "ls-info", Stage.DECLINED: "ls-warn"}
_KEY_STATES: Final = {
    "processed": "posted",
    "quarantined": "held, never posted",
    "ignored": "ignored",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One version against FIRST: lines, and a table of what changed."""

    left: Version | None
    right: Version
    lines: Comparison
    changes: Sequence[Mapping[str, str]]
    more_changes: int

    @property
    def title(self) -> str:
        return f"{self.left.name} ↔ {self.right.name}" if self.left else self.right.name


def head(review: Review, now: datetime) -> dict[str, Any]:
    """The head of the page."""
    case, key = review.case, review.key
    reason = REASONS[case.reason_code]
    age, tone = age_of(case.created_at, case.resolved_at or now)
    arrival = review.arrival
    return {
        "code": reason.code,
        # The catalogue is written for documents, too: names of fields stand in backticks there.
        "meaning": reason.meaning.replace("`", ""),
        "advice": reason.advice.replace("`", ""),
        "tone": TONE_OF_SEVERITY[reason.severity],
        "at_risk": at_risk_of(case),
        "age": age,
        "age_tone": tone if case.status == CaseStatus.OPEN else "",
        "assignee": Assignee(case.assigned_to) if case.assigned_to else None,
        "key_state": _KEY_STATES.get(key.status, key.status) if key else "none",
        "journal_id": key.journal_id if key else None,
        "arrivals": key.arrivals if key else 0,
        "versions": len(review.versions),
        "txn_id": visible(arrival.txn_id or "") if arrival else "",
        "event_type": visible(arrival.event_type or "") if arrival else "",
        "message": "" if case.reason_code == "IDEMPOTENCY_CONFLICT" else case.details.get("message", ""),
        "problems": case.details.get("errors", []),
        "last_replay": case.last_replay_status,
    }


def message_of(error: DomainError | None) -> str:
    """A refusal in the words of the page instead of the API's."""
    if error is None:
        return ""
    if error.code == "INVALID_CANONICAL_RAW_ID":
        return "This version cannot be chosen; look at the versions again."
    return error.message.replace("resolution_notes", "The notes").replace("override_patch", "The patch")


def refusal_part(error: DomainError | None) -> dict[str, Any]:
    """A refusal for its template: the sentence, and what is wrong in detail without what the sentence says already."""
    problems = error.context.get("errors", []) if error else []
    errors = [problem for problem in problems if problem.get("message") != error.message] if error else []
    return {"error": error, "error_text": message_of(error), "errors": errors}


# ── Side by side ────────────────────────────────────────────────────────────────────────────────
def comparisons(review: Review, against: str) -> list[Side]:
    """FIRST against LAST, then against each other version; the one that was asked for first."""
    if not review.versions:
        return []
    first, *rest = review.versions
    if not rest:
        return [Side(None, first, alone(first.text), (), 0)]
    is_open = review.case.status == CaseStatus.OPEN

    def rank(version: Version) -> tuple[bool, bool, bool, int]:
        """What was asked for; then what stands in the books by now; then LAST; then the newest."""
        return str(version.number) != against, is_open or not version.in_books, not version.is_last, -version.number

    return [_side(first, version) for version in sorted(rest, key=rank)[:MAX_COMPARED]]


def more_versions(review: Review) -> list[Version]:
    """Versions to choose from when there are more than are compared at once."""
    return list(review.versions[1:]) if len(review.versions) - 1 > MAX_COMPARED else []


def _side(first: Version, other: Version) -> Side:
    found = diff(first.value, other.value) if first.value is not None and other.value is not None else []
    changes = [
        {
            "pointer": visible(change["pointer"]),
            "change": change["change"],
            "first": "" if change["change"] == "added" else _value(change["first"]),
            "last": "" if change["change"] == "removed" else _value(change["last"]),
        }
        for change in found[:MAX_CHANGES]
    ]
    return Side(first, other, compare(first.text, other.text), changes, max(0, len(found) - MAX_CHANGES))


def _value(value: Any) -> str:
    text = inline(value)
    return text if len(text) <= _MAX_VALUE else f"{text[:_MAX_VALUE]}…"


# ── What each choice would do ───────────────────────────────────────────────────────────────────
def choices(review: Review, chosen: str) -> list[dict[str, Any]]:
    """The versions somebody can choose, each with its journals and what they change."""
    found = []
    offered = [version for version in review.versions if version.choice is not None]
    for version in offered:
        choice = version.choice
        assert choice is not None  # noqa: S101  just looked
        disposition, tone = _DISPOSITIONS.get(version.disposition, (version.disposition, ""))
        found.append(
            {
                "version": version,
                "state": "in the books" if version.in_books else disposition,
                "tone": "ls-ok" if version.in_books else tone,
                "stands": choice.stands,
                "refusal": choice.refusal,
                "journals": [journal_part(journal) for journal in choice.journals],
                "change": change_part(choice.change),
                # One version is no choice; of several none is suggested.
                "is_chosen": str(version.raw_id) == chosen or (len(offered) == 1 and not chosen),
            }
        )
    return found


def preview_part(seen: Any) -> dict[str, Any]:
    """A preview (`pos.decisions.resolve.Preview`) for its template."""
    return {
        "journals": [journal_part(journal) for journal in seen.journals],
        "change": change_part(seen.change),
        "needs_two": seen.needs_second_person,
        "result": seen.resolved.result,
    }


def journal_part(journal: Any) -> dict[str, Any]:
    """A journal (`pos.decisions.effects.PreviewJournal`) in debit and credit."""
    lines = []
    for line in journal.lines:
        side = "debit" if line.amount_minor > 0 else "credit"
        lines.append({"code": line.code, "name": line.name, side: _money(abs(line.amount_minor), line.currency)})
    return {"kind": journal.kind, "date": journal.business_date, "reverses": journal.reverses, "lines": lines}


def change_part(change: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """`Drawer +0.50 USD`: what more or less there is, figure by figure."""
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
    """Whether a decision is likely to be above the tenant's limit. The use case knows, and says so in the preview."""
    tenant: Tenant = review.case.tenant
    if tenant.four_eyes_limit_minor is None:
        return False
    case = review.case
    is_foreign = bool(case.amount_at_risk_minor) and case.currency not in {"", tenant.base_currency}
    return is_foreign or (case.amount_at_risk_minor or 0) > tenant.four_eyes_limit_minor


def _money(minor: int, currency: str) -> str:
    return f"{to_decimal_text(minor, currency)} {currency}"


# ── The trail ───────────────────────────────────────────────────────────────────────────────────
def trail(case: ExceptionCase, decisions: Iterable[Resolution]) -> list[dict[str, Any]]:
    """What people did to the case, in order: its opening, its decisions, and its entries in the audit log."""
    entries = AuditEntry.objects.filter(tenant_id=case.tenant_id, object_type="exception", object_id=str(case.pk))
    # The log has no index by object: a case's entries are looked for from its opening on.
    entries = entries.filter(at__gte=case.created_at - timedelta(minutes=1)).exclude(action__in=_TOLD_ALREADY)
    if case.resolved_at is not None:
        entries = entries.filter(at__lte=case.resolved_at + timedelta(minutes=1))
    moments = [{"at": case.created_at, "kind": "opened", "tone": "ls-warn", "what": case}]
    moments += [
        {"at": entry.at, "kind": "audit", "tone": "", "what": entry} for entry in entries.order_by("id")[:MAX_TRAIL]
    ]
    for row in decisions:
        moments.append(
            {"at": row.at, "kind": row.stage, "tone": _TONES_OF_STAGES.get(Stage(row.stage), ""), "what": row}
        )
    return sorted(moments, key=lambda moment: moment["at"])
