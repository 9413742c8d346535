"""The review page of a held event: its versions side by side, and the form that decides it.

A GET shows the page; a POST calls one use case and redirects back. A refusal shows the page with the person's input.
"""

from typing import Any

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from exceptions import proposals
from exceptions.assignees import colleagues
from exceptions.cases import AlreadyResolved, FourEyesRequired, assign_case
from exceptions.desk import case_view
from exceptions.desk.review import parts
from exceptions.desk.review.form import ReviewForm, decision_of
from exceptions.desk.review.page import (
    APPROVE,
    ASSIGN,
    CONFIRM,
    DECIDE,
    ENDING_BUTTONS,
    StalePage,
    decisions_of,
    get_case,
    render_page,
)
from exceptions.desk.review.proposals import patch_text_of
from exceptions.models import CaseStatus, ExceptionCase, Stage
from exceptions.proposals import ProposalEnded
from ledgersafe.backoffice import kept_drafts
from ledgersafe.tenants import staff
from ledgersafe.values.errors import DomainError


class ChoiceRequired(DomainError):
    """Choose a version."""

    code = "CHOICE_REQUIRED"


def show_review(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case_id: str) -> HttpResponse:
    """`admin:exceptions_review`: show the case; a POST assigns it, previews, decides, or ends a proposal."""
    case = get_case(model_admin, request, case_id)
    if request.method in {"GET", "HEAD"}:
        return render_page(model_admin, request, case, ReviewForm.read(kept_drafts.restored(request) or {}))
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    do = request.POST.get("do", "")
    if do in {"assign", "assign_me"}:
        return _assign(request, case)
    if not staff.may(request.user, APPROVE if do in {CONFIRM, "decline"} else DECIDE, case.tenant_id):
        raise PermissionDenied
    handlers = {"replay": _decide, "no_replay": _decide, CONFIRM: _confirm}
    handlers |= dict.fromkeys(ENDING_BUTTONS, _end_proposal)
    return handlers.get(do, _preview)(model_admin, request, case, ReviewForm.read(request.POST))


def show_preview(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case_id: str) -> HttpResponse:
    """`admin:exceptions_preview`: the preview as a fragment, which the page shows while the person types."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    case = get_case(model_admin, request, case_id)
    if not staff.may(request.user, DECIDE, case.tenant_id):
        raise PermissionDenied
    preview, error = _look(request, case, ReviewForm.read(request.POST))
    context = {"preview": preview} | parts.refusal_part(error)
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
        return render_page(model_admin, request, case, form, error=error)
    return _back(case)


def _confirm(
    model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case: ExceptionCase, form: ReviewForm
) -> HttpResponse:
    try:
        _refuse_stale(case, form)
        proposal = decisions_of(case).filter(stage=Stage.PROPOSED, pk=form.proposal_id).first()
        if proposal is None:
            raise ProposalEnded("This proposal is no longer open.")
        patch_text = patch_text_of(proposal, case_view.read_review(case, now=timezone.now()))
        case_view.resolve(case, decision_of(proposal, patch_text, form.notes), **_caller(request, case))
    except DomainError as error:
        return render_page(model_admin, request, case, form, error=error)
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
        return render_page(model_admin, request, case, form, error=error)
    messages.success(request, f"The proposal is {ending.stage}. Nothing was posted; the event stays open.")
    return _back(case)


def _preview(
    model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, case: ExceptionCase, form: ReviewForm
) -> HttpResponse:
    preview, error = _look(request, case, form)
    return render_page(model_admin, request, case, form, preview=preview, error=error)


def _look(request: HttpRequest, case: ExceptionCase, form: ReviewForm) -> tuple[Any, DomainError | None]:
    try:
        if form.lacks_choice:
            raise ChoiceRequired
        preview = case_view.preview(case, form.decision(notes_may_wait=True), **_caller(request, case))
    except DomainError as error:
        return None, error
    return parts.preview_part(preview), None


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


def _back(case: ExceptionCase) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:exceptions_review", args=[case.pk]))
