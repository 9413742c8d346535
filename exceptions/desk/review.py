"""The review page of a held event: its versions side by side, and the form that decides it.

A GET shows the page; a POST calls one use case and redirects back. A refusal shows the page with the person's input.
"""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from exceptions import proposals
from exceptions.assignees import colleagues
from exceptions.cases import AlreadyResolved, FourEyesRequired, assign_case
from exceptions.desk import case_view, review_parts
from exceptions.desk.proposal_parts import declined_part, own_decisions, patch_text_of, proposals_part
from exceptions.desk.review_form import ReviewForm, decision_of
from exceptions.models import CaseStatus, ExceptionCase, Resolution, Stage
from exceptions.proposals import ProposalEnded
from ledgersafe.backoffice import kept_drafts
from ledgersafe.tenants import staff
from ledgersafe.values.errors import DomainError
from ledgersafe.values.pretty import visible

ASSIGN = "exceptions.assign_exceptioncase"
DECIDE = "exceptions.decide_exceptioncase"
APPROVE = "exceptions.approve_exceptioncase"

#: The form's field that a refusal is shown beside, by its code.
_FIELD_OF = {
    "CHOICE_REQUIRED": "choice",
    "INVALID_CANONICAL_RAW_ID": "choice",
    "INVALID_PATCH": "patch",
    "PATCH_PROTECTED_FIELD": "patch",
    "NOTES_REQUIRED": "notes",
}
_CONFIRM, _ENDINGS = "confirm", ("decline", "withdraw")


class StalePage(DomainError):
    """A new version arrived, or something was decided, after you opened this page. Look again before you decide."""

    code = "STALE_PAGE"
    http_status = 409


class ChoiceRequired(DomainError):
    """Choose a version."""

    code = "CHOICE_REQUIRED"


def show_review(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case_id: str) -> HttpResponse:
    """`admin:exceptions_review`: show the case; a POST assigns it, previews, decides, or ends a proposal."""
    case = _get_case(model_admin, request, case_id)
    if request.method in {"GET", "HEAD"}:
        return _page(model_admin, request, case, ReviewForm.read(kept_drafts.restored(request) or {}))
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    do = request.POST.get("do", "")
    if do in {"assign", "assign_me"}:
        return _assign(request, case)
    if not staff.may(request.user, APPROVE if do in {_CONFIRM, "decline"} else DECIDE, case.tenant_id):
        raise PermissionDenied
    handlers = {"replay": _decide, "no_replay": _decide, _CONFIRM: _confirm} | dict.fromkeys(_ENDINGS, _end_proposal)
    return handlers.get(do, _preview)(model_admin, request, case, ReviewForm.read(request.POST))


def show_preview(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case_id: str) -> HttpResponse:
    """`admin:exceptions_preview`: the preview as a fragment, which the page shows while the person types."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    case = _get_case(model_admin, request, case_id)
    if not staff.may(request.user, DECIDE, case.tenant_id):
        raise PermissionDenied
    preview, error = _look(request, case, ReviewForm.read(request.POST))
    context = {"preview": preview} | review_parts.refusal_part(error)
    response = render(request, "exceptions/_preview.html", context)
    response["X-Fragment"] = "preview"
    return response


# ── Handlers of POST ────────────────────────────────────────────────────────────────────────────
def _decide(
    model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case: ExceptionCase, form: ReviewForm
) -> HttpResponse:
    try:
        _refuse_stale(case, form)
        if form.lacks_choice:
            raise ChoiceRequired
        case_view.resolve(case, form.decision(), **_caller(request, case))
    except FourEyesRequired:
        messages.success(
            request, "Your decision is saved as a proposal. It takes effect when another person confirms it."
        )
        return _back(case)
    except DomainError as error:
        return _page(model_admin, request, case, form, error=error)
    return _back(case)


def _confirm(
    model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case: ExceptionCase, form: ReviewForm
) -> HttpResponse:
    try:
        _refuse_stale(case, form)
        proposal = _decisions(case).filter(stage=Stage.PROPOSED, pk=form.proposal_id).first()
        if proposal is None:
            raise ProposalEnded("This proposal is no longer open.")
        patch_text = patch_text_of(proposal, case_view.read_review(case, now=timezone.now()))
        case_view.resolve(case, decision_of(proposal, patch_text, form.notes), **_caller(request, case))
    except DomainError as error:
        return _page(model_admin, request, case, form, error=error)
    return _back(case)


def _end_proposal(
    model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case: ExceptionCase, form: ReviewForm
) -> HttpResponse:
    """Decline a colleague's proposal, or withdraw one's own."""
    arguments = _caller(request, case)
    arguments |= {"tenant_id": case.tenant_id, "case_id": case.pk, "proposal_id": form.proposal_id, "notes": form.notes}
    try:
        if form.do == "decline":
            ending = proposals.decline_proposal(**arguments)
        else:
            ending = proposals.withdraw_proposal(
                **{name: arguments[name] for name in arguments if name != "may_approve"}
            )
    except DomainError as error:
        return _page(model_admin, request, case, form, error=error)
    messages.success(request, f"The proposal is {ending.stage}. Nothing was posted; the event stays open.")
    return _back(case)


def _preview(
    model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case: ExceptionCase, form: ReviewForm
) -> HttpResponse:
    preview, error = _look(request, case, form)
    return _page(model_admin, request, case, form, preview=preview, error=error)


def _look(request: HttpRequest, case: ExceptionCase, form: ReviewForm) -> tuple[Any, DomainError | None]:
    try:
        if form.lacks_choice:
            raise ChoiceRequired
        preview = case_view.preview(case, form.decision(notes_may_wait=True), **_caller(request, case))
    except DomainError as error:
        return None, error
    return review_parts.preview_part(preview), None


def _assign(request: HttpRequest, case: ExceptionCase) -> HttpResponse:
    if not staff.may(request.user, ASSIGN, case.tenant_id):
        raise PermissionDenied
    me = staff.actor_of(request.user)
    assignee = me if request.POST["do"] == "assign_me" else request.POST.get("assignee", "")
    if assignee and all(person.actor != assignee for person in colleagues([case.tenant_id], me=me)):
        messages.error(request, "This person does not work for the tenant.")
        return _back(case)
    try:
        assign_case(tenant_id=case.tenant_id, case_id=case.pk, assignee=assignee, actor=me, now=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    return _back(case)


def _refuse_stale(case: ExceptionCase, form: ReviewForm) -> None:
    """Refuse a form that was filled in on an older state of the case.

    A version that arrives after this check cannot be chosen by mistake: decisions name versions by raw id.

    :raises AlreadyResolved: the case was decided. :raises StalePage: its versions or decisions changed.
    """
    if case.status != CaseStatus.OPEN:
        raise AlreadyResolved
    if form.seen != case_view.read_review(case, now=timezone.now()).state:
        raise StalePage


def _caller(request: HttpRequest, case: ExceptionCase) -> dict[str, Any]:
    """Arguments of a use case that say who calls it, and when."""
    return {
        "actor": staff.actor_of(request.user),
        "may_approve": staff.may(request.user, APPROVE, case.tenant_id),
        "now": timezone.now(),
    }


# ── The page ────────────────────────────────────────────────────────────────────────────────────
def _get_case(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case_id: str) -> ExceptionCase:
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


def _page(
    model_admin: "ModelAdmin[ExceptionCase]",
    request: HttpRequest,
    case: ExceptionCase,
    form: ReviewForm,
    *,
    preview: Any = None,
    error: DomainError | None = None,
) -> HttpResponse:
    if error is not None:
        case = _get_case(model_admin, request, str(case.pk))  # another person may have decided it meanwhile
    now, me = timezone.now(), staff.actor_of(request.user)
    review = case_view.read_review(case, now=now)
    decisions = list(_decisions(case))
    may = _may(request, case)
    context = model_admin.admin_site.each_context(request) | {
        "title": visible(case.idempotency_key),
        "model_admin": model_admin,
        "is_fullwidth": "1",
        "case": case,
        "seen": review.state,
        "head": review_parts.head(review, now),
        "comparisons": review_parts.comparisons(review, request.GET.get("against", "")),
        "more_versions": review_parts.more_versions(review),
        "choices": (choices := review_parts.choices(review, form.chosen)),
        "needs_patch": bool(choices) and all(choice["refusal"] for choice in choices),
        "form": form,
        "is_restored": request.method == "GET" and form != ReviewForm(),
        "preview": preview,
        "preview_of": next((c["version"].name for c in choices if c["is_chosen"]), "") if preview else "",
        "trail": review_parts.trail(case, decisions),
        "outcome": next((row for row in decisions if row.stage == Stage.RESOLVED), None),
        "proposals": (open_proposals := proposals_part(review, decisions, form, me=me, now=now)),
        "declined": declined_part(decisions, me=me) if case.status == CaseStatus.OPEN else None,
        "own_decisions": own_decisions(decisions, me),
        "me": me,
        "may": may,
        "people": colleagues([case.tenant_id], me=me),
        "needs_two": review_parts.needs_second_person(review),
        "next_case": next_open(model_admin, request, case),
    }
    ids = {str(proposal["pk"]) for proposal in open_proposals}
    error_at = _place_of(error, form, may_decide=may["decide"], proposal_ids=ids)
    context |= review_parts.refusal_part(error) | {"error_at": error_at}
    return render(request, "exceptions/review.html", context, status=error.http_status if error else 200)


def _place_of(error: DomainError | None, form: ReviewForm, *, may_decide: bool, proposal_ids: set[str]) -> str:
    """The place of a refusal on the page: `page`, `proposal-<id>`, `preview`, a field, or `buttons`."""
    if error is None:
        return ""
    if form.do == _CONFIRM or form.do in _ENDINGS:
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


def _decisions(case: ExceptionCase) -> Any:
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


def _back(case: ExceptionCase) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:exceptions_review", args=[case.pk]))
