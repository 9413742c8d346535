"""Render the review page: its context, the place of a refusal, and the next case of the queue."""

import uuid
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from exceptions.assignees import colleagues
from exceptions.desk import case_view
from exceptions.desk.review import comparison, parts
from exceptions.desk.review.form import ReviewForm
from exceptions.desk.review.proposals import declined_part, own_decisions, proposals_part
from exceptions.desk.review.trail import trail
from exceptions.models import CaseStatus, ExceptionCase, Resolution, Stage
from ledgersafe.tenants import staff
from ledgersafe.values.errors import DomainError
from ledgersafe.values.pretty import visible

ASSIGN = "exceptions.assign_exceptioncase"
DECIDE = "exceptions.decide_exceptioncase"
APPROVE = "exceptions.approve_exceptioncase"
#: Buttons of a proposal's form.
CONFIRM, ENDING_BUTTONS = "confirm", ("decline", "withdraw")

#: The form's field that a refusal is shown beside, by its code.
_FIELD_OF = {
    "CHOICE_REQUIRED": "choice",
    "INVALID_CANONICAL_RAW_ID": "choice",
    "INVALID_PATCH": "patch",
    "PATCH_PROTECTED_FIELD": "patch",
    "NOTES_REQUIRED": "notes",
}


class StalePage(DomainError):
    """A new version arrived, or something was decided, after you opened this page. Look again before you decide."""

    code = "STALE_PAGE"
    http_status = 409


def get_case(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case_id: str) -> ExceptionCase:
    """Read a case this person may see. :raises Http404: no UUID, absent, or another tenant's."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        key = uuid.UUID(case_id)
    except ValueError:
        raise Http404 from None
    case: ExceptionCase | None = model_admin.get_queryset(request).select_related("tenant").filter(pk=key).first()
    if case is None:
        raise Http404
    return case


def render_page(
    model_admin: "ModelAdmin[ExceptionCase]",
    request: HttpRequest,
    case: ExceptionCase,
    form: ReviewForm,
    *,
    preview: Any = None,
    error: DomainError | None = None,
) -> HttpResponse:
    if error is not None:
        case = get_case(model_admin, request, str(case.pk))  # another person may have decided it meanwhile
    now, me = timezone.now(), staff.actor_of(request.user)
    review = case_view.read_review(case, now=now)
    decisions = list(decisions_of(case))
    may = _may(request, case)
    context = model_admin.admin_site.each_context(request) | {
        "title": visible(case.idempotency_key),
        "model_admin": model_admin,
        "is_fullwidth": "1",
        "case": case,
        "seen": review.state,
        "head": parts.head(review, now),
        "comparisons": comparison.comparisons(review, request.GET.get("against", "")),
        "more_versions": comparison.more_versions(review),
        "choices": (choices := parts.choices(review, form.chosen)),
        "needs_patch": bool(choices) and all(choice["refusal"] for choice in choices),
        "form": form,
        "is_restored": request.method == "GET" and form != ReviewForm(),
        "preview": preview,
        "preview_of": next((c["version"].name for c in choices if c["is_chosen"]), "") if preview else "",
        "trail": trail(case, decisions),
        "outcome": next((row for row in decisions if row.stage == Stage.RESOLVED), None),
        "proposals": (open_proposals := proposals_part(review, decisions, form, me=me, now=now)),
        "declined": declined_part(decisions, me=me) if case.status == CaseStatus.OPEN else None,
        "own_decisions": own_decisions(decisions, me),
        "me": me,
        "may": may,
        "people": colleagues([case.tenant_id], me=me),
        "needs_two": parts.needs_second_person(review),
        "next_case": next_open(model_admin, request, case),
    }
    ids = {str(proposal["pk"]) for proposal in open_proposals}
    error_at = _place_of(error, form, may_decide=may["decide"], proposal_ids=ids)
    context |= parts.refusal_part(error) | {"error_at": error_at}
    return render(request, "exceptions/review.html", context, status=error.http_status if error else 200)


def _place_of(error: DomainError | None, form: ReviewForm, *, may_decide: bool, proposal_ids: set[str]) -> str:
    """The place of a refusal on the page: `page`, `proposal-<id>`, `preview`, a field, or `buttons`."""
    if error is None:
        return ""
    if form.do == CONFIRM or form.do in ENDING_BUTTONS:
        return f"proposal-{form.proposal}" if form.proposal in proposal_ids else "page"
    if not may_decide or isinstance(error, StalePage):
        return "page"
    if form.do not in {"replay", "no_replay"}:
        return "preview"
    return _FIELD_OF.get(error.code, "buttons")


def _may(request: HttpRequest, case: ExceptionCase) -> dict[str, bool]:
    is_open = case.status == CaseStatus.OPEN
    permissions = {"assign": ASSIGN, "decide": DECIDE, "approve": APPROVE}
    return {name: is_open and staff.may(request.user, right, case.tenant_id) for name, right in permissions.items()}


def decisions_of(case: ExceptionCase) -> Any:
    """Decisions and proposals on a case, oldest first; `patch_text` is the patch as exact JSON text."""
    rows = Resolution.objects.filter(tenant_id=case.tenant_id, case=case).defer("override_patch")
    return rows.annotate(patch_text=Cast("override_patch", TextField())).order_by("id")


def next_open(
    model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case: ExceptionCase
) -> ExceptionCase | None:
    """The next older open case of the tenant; after the oldest, the newest; None: there is no other."""
    rows = (
        model_admin.get_queryset(request).filter(tenant_id=case.tenant_id, status=CaseStatus.OPEN).exclude(pk=case.pk)
    )
    rows = rows.only("pk", "idempotency_key").order_by("-created_at", "-id")
    older = Q(created_at__lt=case.created_at) | Q(created_at=case.created_at, pk__lt=case.pk)
    following: ExceptionCase | None = rows.filter(older).first() or rows.first()
    return following
