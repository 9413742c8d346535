"""The inbox page of the back office: states and reasons with their counts, filters, and a page of the list."""

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

from exceptions import inbox
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
#: OFFSET grows slow with the page; beyond this many, people search instead.
MAX_PAGES: Final = 400
TONE_OF_SEVERITY: Final = {Severity.HIGH: "ls-bad", Severity.MEDIUM: "ls-warn", Severity.LOW: "ls-info"}
_MESSAGE_CHARACTERS: Final = 240
_MOST_TENANTS: Final = 300
_AGE_TONES: Final = ((timedelta(days=3), "rv-age-old"), (timedelta(days=1), "rv-age-mid"))


def show_inbox(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    """`admin:exceptions_exceptioncase_changelist`: show the cases this person may see, under the filters of the URL."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    now, me, filters = timezone.now(), staff.actor_of(request.user), InboxFilter.read(request.GET)
    visible = model_admin.get_queryset(request)
    rows = inbox.narrowed(visible, filters, me=me, now=now, raw_ids=_raw_ids_of_query(visible, filters))
    counts = inbox.count(rows, filters, me=me)
    start = (min(filters.page, MAX_PAGES) - 1) * PER_PAGE
    cases = _page_of(inbox.in_state(rows, filters, me=me), start)
    people = colleagues(staff.tenant_ids_of(request.user), me=me)
    context = model_admin.admin_site.each_context(request) | {
        "title": "Exceptions",
        "is_fullwidth": "1",
        "filters": filters,
        "rows": _rows(cases[:PER_PAGE], now, me=me, may_approve=request.user.has_perm(APPROVE)),
        "states": _states(request, filters, counts.states),
        "reasons": _reasons(request, filters, counts.reasons),
        "choices": _choices(request, filters, people, me),
        "pager": _pager(request, filters, start, len(cases), counts.states[filters.state]),
        "may": _may(request, cases),
        "people": people,
        "me": me,
        "back": request.GET.urlencode(),
        "reason": REASONS.get(filters.reason),
        "reason_open": counts.reasons.get(filters.reason, 0),
        "link_clear": _link(request, {}, keep=("state",)),
    }
    return render(request, "exceptions/inbox.html", context)


def age_of(since: datetime, now: datetime) -> tuple[str, str]:
    """(text, CSS class) of an age: `3 d`, `5 h`, `12 min` or `now`, in the largest unit that fits."""
    age = max(now - since, timedelta())
    minutes = int(age.total_seconds() // 60)
    fitting = (f"{minutes // size} {unit}" for unit, size in (("d", 1440), ("h", 60), ("min", 1)) if minutes >= size)
    return next(fitting, "now"), next((tone for limit, tone in _AGE_TONES if age >= limit), "rv-age-new")


def at_risk_of(case: ExceptionCase) -> str:
    """The amount at risk like `42.50 USD`; empty when it could not be read."""
    if case.amount_at_risk_minor is None or not case.currency:
        return ""
    return f"{to_decimal_text(case.amount_at_risk_minor, case.currency)} {case.currency}"


# ── Reading ──────────────────────────────────────────────────────────────────────────────────────
def _raw_ids_of_query(visible: "QuerySet[ExceptionCase]", filters: InboxFilter) -> Sequence[int]:
    """Raw ids of arrivals whose transaction id is the query. Open cases only: arrivals have no index by it."""
    if not filters.query or filters.state == inbox.RESOLVED:
        return ()
    return case_view.raw_ids_of_transaction(visible.filter(status=CaseStatus.OPEN), filters.query)


def _page_of(rows: "QuerySet[ExceptionCase]", start: int) -> list[ExceptionCase]:
    """Read a page and one row more, which says whether a next page exists.

    Ids are sorted first, so that the sort carries no wide rows; details, up to fifty lines a case, are left out.
    """
    ids = list(rows.values_list("pk", flat=True)[start : start + PER_PAGE + 1])
    message = Left(KeyTextTransform("message", "details"), _MESSAGE_CHARACTERS, output_field=TextField())
    page = ExceptionCase.objects.filter(pk__in=ids).select_related("tenant").defer("details", "override_patch")
    by_id = {case.pk: case for case in page.annotate(message=message)}
    return [by_id[case_id] for case_id in ids if case_id in by_id]


def _rows(cases: Sequence[ExceptionCase], now: datetime, *, me: str, may_approve: bool) -> list[dict[str, Any]]:
    described = case_view.describe([case.raw_id for case in cases]) if cases else {}
    badges = _proposal_badges(cases, me, may_approve=may_approve)
    return [_row(case, described.get(case.raw_id, ("", "")), badges.get(case.pk, ""), now) for case in cases]


def _proposal_badges(cases: Sequence[ExceptionCase], me: str, *, may_approve: bool) -> dict[uuid.UUID, str]:
    """Badges of cases with an open proposal, by case: what this person can do about it."""
    proposed_cases = [case for case in cases if case.status == CaseStatus.OPEN and case.awaits_confirmation]
    badges: dict[uuid.UUID, str] = {}
    for proposal in list_waiting(proposed_cases).only("case_id", "actor") if proposed_cases else ():
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
    """Which buttons there are. Each press checks the right for the case's tenant again."""
    has = request.user.has_perm
    return {
        "assign": bool(cases) and has("exceptions.assign_exceptioncase"),
        "bulk": bool(cases) and has("exceptions.bulk_decide_exceptioncase"),
    }


# ── Links ───────────────────────────────────────────────────────────────────────────────────────
def _link(request: HttpRequest, changes: Mapping[str, str], *, keep: Sequence[str] | None = None) -> str:
    """The URL of this page with changed parameters, from its first page. :param keep: keep these alone; None: all."""
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


def _states(request: HttpRequest, filters: InboxFilter, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "count": f"{counts[state]:,}" + ("+" if _is_capped(state, counts) else ""),
            "is_chosen": state == filters.state,
            "link": _link(request, {"state": state}),
        }
        for state, label in inbox.STATES.items()
        if counts[state] or state == filters.state or _is_tab(request, state)
    ]


def _is_tab(request: HttpRequest, state: str) -> bool:
    """Tell whether a state has a tab even without cases: *To confirm* for approvers only, *Proposed by me* never."""
    return state != inbox.PROPOSED and (state != inbox.TO_CONFIRM or bool(request.user.has_perm(APPROVE)))


def _is_capped(state: str, counts: Mapping[str, int]) -> bool:
    return state == inbox.RESOLVED and counts[state] >= inbox.COUNTED_RESOLVED


def _reasons(request: HttpRequest, filters: InboxFilter, counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Reasons with open cases, most frequent first; all reasons for resolved cases, which are not counted."""
    codes = list(counts) or (list(REASONS) if filters.state == inbox.RESOLVED else [])
    if filters.reason and filters.reason not in codes:
        codes.append(filters.reason)
    return [
        {
            "reason": REASONS[code],
            "tone": TONE_OF_SEVERITY[REASONS[code].severity],
            "count": f"{counts[code]:,}" if code in counts else "",
            "is_chosen": code == filters.reason,
            "link": _link(request, {"reason": "" if code == filters.reason else code}),
        }
        for code in codes
    ]


def _choices(request: HttpRequest, filters: InboxFilter, people: Sequence[Assignee], me: str) -> dict[str, Any]:
    """Options of the filter bar, and the links that sort by age and amount."""
    tenants = list(staff.visible_tenants(request.user).values_list("slug", "name")[:_MOST_TENANTS])
    assignees = [("me", "Me"), ("none", "Unassigned")]
    assignees += [(person.actor, person.name) for person in people if person.actor != me]
    if filters.assignee and filters.assignee not in dict(assignees):
        assignees.append((filters.assignee, Assignee(filters.assignee).name))
    return {
        "tenants": tenants if len(tenants) > 1 else [],
        "assignees": assignees,
        "ages": [(age, label) for age, (label, _, _) in inbox.AGES.items()],
        "orders": [(order, label) for order, (label, _) in inbox.ORDERS.items()],
        "least": "" if filters.least is None else f"{filters.least:f}",
        "most": "" if filters.most is None else f"{filters.most:f}",
        "by_age": _link(request, {"o": "newest" if filters.order == "oldest" else "oldest"}),
        "by_amount": _link(request, {"o": "smallest" if filters.order == "amount" else "amount"}),
    }


def _pager(request: HttpRequest, filters: InboxFilter, start: int, number: int, total: int) -> dict[str, Any]:
    page = min(filters.page, MAX_PAGES)
    more = number > PER_PAGE and page < MAX_PAGES
    base = _link(request, {})
    return {
        "first": start + 1,
        "last": start + min(number, PER_PAGE),
        "total": total,
        "is_capped": filters.state == inbox.RESOLVED and total >= inbox.COUNTED_RESOLVED,
        "earlier": f"{base}&p={page - 1}" if page > 1 else "",
        "later": f"{base}&p={page + 1}" if more else "",
    }
