"""The exceptions inbox of the back office: states and reasons with their counts, filters, and the list itself."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from exceptions import (
    inbox,
)
from exceptions.assignees import Assignee, colleagues
from exceptions.desk import case_view
from exceptions.inbox import InboxFilter
from exceptions.models import CaseStatus, ExceptionCase
from exceptions.reasons import REASONS, Severity
from exceptions.waiting import list_waiting
from ledgersafe.tenants import staff
from ledgersafe.values.money import to_decimal_text

APPROVE: Final = "exceptions.approve_exceptioncase"
PER_PAGE: Final = 50
#: Beyond this many pages a search finds faster than leafing does.
MAX_PAGES: Final = 400
TONE_OF_SEVERITY: Final = {Severity.HIGH: "ls-bad", Severity.MEDIUM: "ls-warn", Severity.LOW: "ls-info"}
_MESSAGE_CHARACTERS: Final = 240
_MOST_TENANTS: Final = 300
_AGE_TONES: Final = ((timedelta(days=3), "rv-age-old"), (timedelta(days=1), "rv-age-mid"))


def show_inbox(shown: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    """`admin:exceptions_exceptioncase_changelist`."""
    if not shown.has_view_permission(request):
        raise PermissionDenied
    now, me, wanted = timezone.now(), staff.actor_of(request.user), InboxFilter.read(request.GET)
    visible = shown.get_queryset(request)
    rows = inbox.narrowed(visible, wanted, me=me, now=now, found=_arrivals_found(visible, wanted))
    counts = inbox.count(rows, wanted, me=me)
    start = (min(wanted.page, MAX_PAGES) - 1) * PER_PAGE
    cases = _page_of(inbox.in_state(rows, wanted, me=me), start)
    people = colleagues(staff.tenant_ids_of(request.user), me=me)
    context = shown.admin_site.each_context(request) | {
        "title": "Exceptions",
        "is_fullwidth": "1",
        "wanted": wanted,
        "rows": _rows(cases[:PER_PAGE], now, me=me, may_approve=request.user.has_perm(APPROVE)),
        "states": _states(request, wanted, counts.states),
        "reasons": _reasons(request, wanted, counts.reasons),
        "filters": _filters(request, wanted, people, me),
        "pager": _pager(request, wanted, start, len(cases), counts.states[wanted.state]),
        "may": _may(request, cases),
        "people": people,
        "me": me,
        "back": request.GET.urlencode(),
        "reason": REASONS.get(wanted.reason),
        "reason_open": counts.reasons.get(wanted.reason, 0),
        "link_clear": _link(request, {}, keep=("state",)),
    }
    return render(request, "exceptions/inbox.html", context)


def age_of(since: datetime, now: datetime) -> tuple[str, str]:
    """How long somebody has been waiting, in the largest unit that fits, and the colour of it."""
    age = max(now - since, timedelta())
    minutes = int(age.total_seconds() // 60)
    fitting = (f"{minutes // size} {unit}" for unit, size in (("d", 1440), ("h", 60), ("min", 1)) if minutes >= size)
    return next(fitting, "now"), next((tone for limit, tone in _AGE_TONES if age >= limit), "rv-age-new")


def at_risk_of(case: ExceptionCase) -> str:
    """`42.50 USD`, or nothing when the amount could not be read."""
    if case.amount_at_risk_minor is None or not case.currency:
        return ""
    return f"{to_decimal_text(case.amount_at_risk_minor, case.currency)} {case.currency}"


# ── What is read ────────────────────────────────────────────────────────────────────────────────
def _arrivals_found(visible: "QuerySet[ExceptionCase]", wanted: InboxFilter) -> Sequence[int]:
    """Arrivals whose transaction id was searched for. Only those of open cases: arrivals have no index by it."""
    if not wanted.query or wanted.state == inbox.RESOLVED:
        return ()
    return case_view.raw_ids_of_transaction(visible.filter(status=CaseStatus.OPEN), wanted.query)


def _page_of(rows: "QuerySet[ExceptionCase]", start: int) -> list[ExceptionCase]:
    """One page and one row more. Found by id first, so that only what is shown is carried through the sort.

    Without the details, of which a case may have fifty lines.
    """
    ids = list(rows.values_list("pk", flat=True)[start : start + PER_PAGE + 1])
    message = Left(KeyTextTransform("message", "details"), _MESSAGE_CHARACTERS, output_field=TextField())
    shown = ExceptionCase.objects.filter(pk__in=ids).select_related("tenant").defer("details", "override_patch")
    by_id = {case.pk: case for case in shown.annotate(message=message)}
    return [by_id[case_id] for case_id in ids if case_id in by_id]


def _rows(cases: Sequence[ExceptionCase], now: datetime, *, me: str, may_approve: bool) -> list[dict[str, Any]]:
    described = case_view.describe([case.raw_id for case in cases]) if cases else {}
    badges = _proposal_badges(cases, me, may_approve=may_approve)
    return [_row(case, described.get(case.raw_id, ("", "")), badges.get(case.pk, ""), now) for case in cases]


def _proposal_badges(cases: Sequence[ExceptionCase], me: str, *, may_approve: bool) -> dict[uuid.UUID, str]:
    """What is proposed on cases that wait for a second person, as this person should know it."""
    waiting = [case for case in cases if case.status == CaseStatus.OPEN and case.awaits_confirmation]
    badges: dict[uuid.UUID, str] = {}
    for proposal in list_waiting(waiting).only("case_id", "actor") if waiting else ():
        if proposal.actor != me:
            badges[proposal.case_id] = "to confirm" if may_approve else "proposed"
        else:
            badges.setdefault(proposal.case_id, "proposed by you")
    return badges


def _row(case: ExceptionCase, described: tuple[str, str], proposed: str, now: datetime) -> dict[str, Any]:
    reason = REASONS[case.reason_code]
    age, age_tone = age_of(case.created_at, case.resolved_at or now)
    return {
        "case": case,
        "url": reverse("admin:exceptions_review", args=[case.pk]),
        "since": f"{case.created_at:%Y-%m-%d %H:%M:%S}",
        "reason": reason,
        "tone": TONE_OF_SEVERITY[reason.severity],
        "message": getattr(case, "message", None) or "",
        "txn_id": described[0],
        "event_type": described[1],
        "at_risk": at_risk_of(case),
        "proposed": proposed,
        "age": age,
        "age_tone": age_tone if case.status == CaseStatus.OPEN else "",
        "assignee": Assignee(case.assigned_to) if case.assigned_to else None,
    }


def _may(request: HttpRequest, cases: Sequence[ExceptionCase]) -> dict[str, bool]:
    """Which buttons there are. Whether one works on a case of that tenant is asked again when it is pressed."""
    has = request.user.has_perm
    return {
        "assign": bool(cases) and has("exceptions.assign_exceptioncase"),
        "bulk": bool(cases) and has("exceptions.bulk_decide_exceptioncase"),
    }


# ── What the page links to ──────────────────────────────────────────────────────────────────────
def _link(request: HttpRequest, changes: Mapping[str, str], *, keep: Sequence[str] | None = None) -> str:
    """This page with other parameters; always from its beginning."""
    query = QueryDict(mutable=True)
    for name in request.GET:
        if name != "p" and (keep is None or name in keep):
            query[name] = request.GET.get(name, "")
    for name, value in changes.items():
        query.pop(name, None)
        for other in inbox.OTHER_NAMES.get(name, ()):
            query.pop(other, None)
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


def _states(request: HttpRequest, wanted: InboxFilter, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "count": f"{counts[state]:,}" + ("+" if _is_capped(state, counts) else ""),
            "is_chosen": state == wanted.state,
            "link": _link(request, {"state": state}),
        }
        for state, label in inbox.STATES.items()
        if counts[state] or state == wanted.state or _is_always_shown(request, state)
    ]


def _is_always_shown(request: HttpRequest, state: str) -> bool:
    """What waits for a second person is a tab for who may confirm; of one's own proposals only while there are any."""
    return state != inbox.PROPOSED and (state != inbox.TO_CONFIRM or bool(request.user.has_perm(APPROVE)))


def _is_capped(state: str, counts: Mapping[str, int]) -> bool:
    return state == inbox.RESOLVED and counts[state] >= inbox.COUNTED_RESOLVED


def _reasons(request: HttpRequest, wanted: InboxFilter, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Reasons there are cases of, most first; when those of resolved cases are not counted, all of them."""
    codes = list(counts) or (list(REASONS) if wanted.state == inbox.RESOLVED else [])
    if wanted.reason and wanted.reason not in codes:
        codes.append(wanted.reason)
    return [
        {
            "reason": REASONS[code],
            "tone": TONE_OF_SEVERITY[REASONS[code].severity],
            "count": f"{counts[code]:,}" if code in counts else "",
            "is_chosen": code == wanted.reason,
            "link": _link(request, {"reason": "" if code == wanted.reason else code}),
        }
        for code in codes
    ]


def _filters(request: HttpRequest, wanted: InboxFilter, people: Sequence[Assignee], me: str) -> dict[str, Any]:
    """Choices of the filter bar."""
    tenants = list(staff.visible_tenants(request.user).values_list("slug", "name")[:_MOST_TENANTS])
    assignees = [("me", "me"), ("none", "nobody")]
    assignees += [(person.actor, person.name) for person in people if person.actor != me]
    if wanted.assignee and wanted.assignee not in dict(assignees):
        assignees.append((wanted.assignee, Assignee(wanted.assignee).name))
    return {
        "tenants": tenants if len(tenants) > 1 else [],
        "assignees": assignees,
        "ages": [(age, label) for age, (label, _, _) in inbox.AGES.items()],
        "orders": [(order, label) for order, (label, _) in inbox.ORDERS.items()],
        "least": "" if wanted.least is None else f"{wanted.least:f}",
        "most": "" if wanted.most is None else f"{wanted.most:f}",
        "by_age": _link(request, {"o": "newest" if wanted.order == "oldest" else "oldest"}),
        "by_amount": _link(request, {"o": "smallest" if wanted.order == "amount" else "amount"}),
    }


def _pager(request: HttpRequest, wanted: InboxFilter, start: int, found: int, total: int) -> dict[str, Any]:
    page = min(wanted.page, MAX_PAGES)
    more = found > PER_PAGE and page < MAX_PAGES
    base = _link(request, {})
    return {
        "first": start + 1,
        "last": start + min(found, PER_PAGE),
        "total": total,
        "is_capped": wanted.state == inbox.RESOLVED and total >= inbox.COUNTED_RESOLVED,
        "earlier": f"{base}&p={page - 1}" if page > 1 else "",
        "later": f"{base}&p={page + 1}" if more else "",
    }
