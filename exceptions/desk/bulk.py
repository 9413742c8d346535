"""Actions of the inbox on many held events at once: assign, resolve, replay a reason. Changes by POST only."""

import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from exceptions.assignees import colleagues
from exceptions.cases import assign_case
from exceptions.decisions import Decision
from exceptions.desk import actions, case_view
from exceptions.desk.inbox_page import at_risk_of
from exceptions.desk.review import parts as review_parts
from exceptions.models import CaseStatus, ExceptionCase
from exceptions.reasons import REASONS
from ledgersafe.backoffice import kept_drafts
from ledgersafe.tenants import staff
from ledgersafe.values.errors import DomainError
from ledgersafe.values.pretty import visible

MAX_SELECTED: Final = 500
ASSIGN: Final = "exceptions.assign_exceptioncase"
BULK: Final = "exceptions.bulk_decide_exceptioncase"
APPROVE: Final = "exceptions.approve_exceptioncase"


def press(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    """`admin:exceptions_bulk`: assign or resolve the selected cases, or replay a whole reason."""
    if request.method in {"GET", "HEAD"}:
        return _restore(model_admin, request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    handlers = {"assign_me": _assign, "assign": _assign, "resolve": _resolve, "replay_reason": _replay_reason}
    handler = handlers.get(request.POST.get("do", ""))
    if handler is None:
        messages.error(request, "There is no such action.")
        return _back(request)
    return handler(model_admin, request)


def _restore(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    """Show the form again with the draft of an ended session; without one, redirect to the inbox."""
    typed = kept_drafts.restored(request) or QueryDict()
    if typed.get("do") != "resolve":
        if typed:
            messages.warning(request, "You were signed out. Nothing was done with the selected events.")
        return HttpResponseRedirect(_back_url(typed))
    cases = selected_cases(model_admin, request, BULK, typed)
    return _form_again(model_admin, request, cases, None, typed) if cases else HttpResponseRedirect(_back_url(typed))


def selected_cases(
    model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest, permission: str, typed: QueryDict | None = None
) -> list[ExceptionCase]:
    """Read the ticked cases that are open, ordered by tenant; foreign and absent ones are left out.

    :raises PermissionDenied: the person lacks the permission, for one of the cases' tenants or at all.
    """
    if not request.user.has_perm(permission):
        raise PermissionDenied
    ids = {case_id for text in (typed or request.POST).getlist("case")[:MAX_SELECTED] if (case_id := _uuid(text))}
    rows = model_admin.get_queryset(request).select_related("tenant").filter(pk__in=ids, status=CaseStatus.OPEN)
    cases = list(rows.order_by("tenant_id", "created_at", "pk"))
    if not all(staff.may(request.user, permission, case.tenant_id) for case in cases):
        raise PermissionDenied
    return cases


def _assign(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    cases, me = selected_cases(model_admin, request, ASSIGN), staff.actor_of(request.user)
    assignee = me if request.POST["do"] == "assign_me" else request.POST.get("assignee", "")
    if not cases:
        return _nothing_selected(request)
    if assignee and not _is_colleague(assignee, cases, me):
        messages.error(request, "This person does not work for every tenant of the selected events.")
        return _back(request)
    outcomes = Counter(_refusal_of_assigning(case, assignee, me) for case in cases)
    name = assignee.partition(":")[2] or assignee
    if outcomes[""]:
        change = f"assigned to {name}" if name else "unassigned"
        messages.success(request, f"{_events(outcomes.pop(''))} {change}.")
    _show_refusals(request, outcomes)
    return _back(request)


def _refusal_of_assigning(case: ExceptionCase, assignee: str, actor: str) -> str:
    try:
        assign_case(tenant_id=case.tenant_id, case_id=case.id, assignee=assignee, actor=actor, now=timezone.now())
    except DomainError as error:
        return error.message
    return ""


def _is_colleague(assignee: str, cases: Iterable[ExceptionCase], me: str) -> bool:
    return all(
        any(person.actor == assignee for person in colleagues([tenant_id], me=me))
        for tenant_id in {case.tenant_id for case in cases}
    )


def _resolve(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    cases = selected_cases(model_admin, request, BULK)
    if not cases:
        return _nothing_selected(request)
    try:
        decision = _decision(request.POST)
        outcomes = [outcome for group in _by_tenant(cases) for outcome in _resolve_group(request, group, decision)]
    except DomainError as error:
        return _form_again(model_admin, request, cases, error)
    refusals = Counter(outcome.refusal.message if outcome.refusal else "" for outcome in outcomes)
    if refusals[""]:
        messages.success(request, f"{_events(refusals.pop(''))} resolved.")
    _show_refusals(request, refusals)
    return _back(request)


def _resolve_group(request: HttpRequest, cases: Sequence[ExceptionCase], decision: Decision) -> Sequence[Any]:
    may_approve = staff.may(request.user, APPROVE, cases[0].tenant_id)
    actor = staff.actor_of(request.user)
    return case_view.resolve_in_bulk(cases, decision, actor=actor, may_approve=may_approve, now=timezone.now())


def _by_tenant(cases: Sequence[ExceptionCase]) -> Iterable[list[ExceptionCase]]:
    for _, group in groupby(cases, key=lambda case: case.tenant_id):
        yield list(group)


def _decision(form: QueryDict) -> Decision:
    action, _, canonical = form.get("action", "").partition(":")
    body = {"action": action, "resolution_notes": form.get("notes", ""), "canonical": canonical or None}
    return Decision.read(body)


def _form_again(
    model_admin: "ModelAdmin[ExceptionCase]",
    request: HttpRequest,
    cases: Sequence[ExceptionCase],
    error: DomainError | None,
    typed: QueryDict | None = None,
) -> HttpResponse:
    """The form of the dialog as a page of its own, with the person's input and the refusal."""
    typed = typed or request.POST
    message = "You were signed out before this was saved. Your input is restored: check it, and send it again."
    if error is not None:
        message = "Choose an action." if error.code == "INVALID_ACTION" else review_parts.message_of(error)
    context = model_admin.admin_site.each_context(request) | {
        "title": "Resolve events",
        "model_admin": model_admin,
        "cases": [(case, at_risk_of(case)) for case in cases],
        "error": message,
        "chosen": typed.get("action", ""),
        "notes": typed.get("notes", ""),
        "back": typed.get("back", ""),
        "back_url": _back_url(typed),
    }
    return render(request, "exceptions/bulk.html", context, status=error.http_status if error else 200)


def _replay_reason(model_admin: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    """Start the job that replays every open case of a reason, in one tenant."""
    if not request.user.has_perm(BULK):
        raise PermissionDenied
    slug, reason = visible(request.POST.get("tenant", "")), request.POST.get("reason", "")
    tenants = staff.visible_tenants(request.user)
    matching = list((tenants.filter(slug=slug) if slug else tenants)[:2])
    if len(matching) != 1 or reason not in REASONS:
        messages.error(request, "Choose one tenant and one reason first.")
        return _back(request)
    if not staff.may(request.user, BULK, matching[0].pk):
        raise PermissionDenied
    try:
        job = actions.start_replay(
            tenant_id=matching[0].pk,
            reason_code=reason,
            notes=request.POST.get("replay_notes", ""),
            actor=staff.actor_of(request.user),
            may_approve=staff.may(request.user, APPROVE, matching[0].pk),
            now=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, f"The replay was not started: {review_parts.message_of(error)}")
        return _back(request)
    messages.success(request, f"Replay {job.pk} of {_events(job.total)} has started.")
    return HttpResponseRedirect(reverse("admin:pos_replayjob_change", args=[job.pk]))


def _show_refusals(request: HttpRequest, refusals: Counter[str]) -> None:
    for message, number in refusals.most_common():
        if number:
            messages.warning(request, f"{_events(number)} stayed open: {message}")


def _nothing_selected(request: HttpRequest) -> HttpResponse:
    messages.warning(request, "No open events selected. Tick events in the list first.")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(_back_url(request.POST))


def _back_url(typed: QueryDict) -> str:
    """The inbox with its former filters. Only the query comes from the form: the URL never leads to another site."""
    query = QueryDict(typed.get("back", "")[:2_000]).urlencode()
    return reverse("admin:exceptions_exceptioncase_changelist") + (f"?{query}" if query else "")


def _events(number: int) -> str:
    return f"{number:,} event" + ("" if number == 1 else "s")


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
