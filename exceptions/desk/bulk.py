"""What the inbox's buttons do to many held events at once. Changes by POST only; each presses a use case."""

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
from exceptions.desk import actions, case_view, review_parts
from exceptions.desk.inbox_page import at_risk_of
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


def press(shown: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    """`admin:exceptions_bulk`: assign or resolve what was selected, or replay a whole reason."""
    if request.method in {"GET", "HEAD"}:
        return _opened(shown, request)
    if request.method != "POST":
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    verb = {"assign_me": _assign, "assign": _assign, "resolve": _resolve, "replay_reason": _replay_reason}
    do = verb.get(request.POST.get("do", ""))
    if do is None:
        messages.error(request, "There is no such action.")
        return _back(request)
    return do(shown, request)


def _opened(shown: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    """A GET: the question again with what was typed when the session had ended; else there is nothing to show."""
    typed = kept_drafts.restored(request) or QueryDict()
    if typed.get("do") != "resolve":
        if typed:
            messages.warning(request, "You were signed out: nothing was done with the selected events.")
        return HttpResponseRedirect(_back_url(typed))
    cases = selected_cases(shown, request, BULK, typed)
    return _again(shown, request, cases, None, typed) if cases else HttpResponseRedirect(_back_url(typed))


def selected_cases(
    shown: "ModelAdmin[ExceptionCase]", request: HttpRequest, permission: str, typed: QueryDict | None = None
) -> list[ExceptionCase]:
    """The open cases that were ticked, of one tenant after the other; what is foreign or absent is left out.

    :raises PermissionDenied: one of them is not this person's to do that with, or they may do it nowhere.
    """
    if not request.user.has_perm(permission):
        raise PermissionDenied
    ids = {case_id for text in (typed or request.POST).getlist("case")[:MAX_SELECTED] if (case_id := _uuid(text))}
    rows = shown.get_queryset(request).select_related("tenant").filter(pk__in=ids, status=CaseStatus.OPEN)
    cases = list(rows.order_by("tenant_id", "created_at", "pk"))
    if not all(staff.may(request.user, permission, case.tenant_id) for case in cases):
        raise PermissionDenied
    return cases


def _assign(shown: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    cases, me = selected_cases(shown, request, ASSIGN), staff.actor_of(request.user)
    assignee = me if request.POST["do"] == "assign_me" else request.POST.get("assignee", "")
    if not cases:
        return _nothing_selected(request)
    if assignee and not _is_colleague(assignee, cases, me):
        messages.error(request, "This person does not work for every tenant of the selected events.")
        return _back(request)
    done = Counter(_outcome_of_assigning(case, assignee, me) for case in cases)
    name = assignee.partition(":")[2] or assignee or "nobody"
    if done[""]:
        messages.success(request, f"{_events(done.pop(''))} assigned to {name}.")
    _tell_refusals(request, done)
    return _back(request)


def _outcome_of_assigning(case: ExceptionCase, assignee: str, actor: str) -> str:
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


def _resolve(shown: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    cases = selected_cases(shown, request, BULK)
    if not cases:
        return _nothing_selected(request)
    try:
        decision = _decision(request.POST)
        outcomes = [outcome for group in _by_tenant(cases) for outcome in _resolve_group(request, group, decision)]
    except DomainError as error:
        return _again(shown, request, cases, error)
    done = Counter(outcome.refusal.message if outcome.refusal else "" for outcome in outcomes)
    if done[""]:
        messages.success(request, f"{_events(done.pop(''))} resolved.")
    _tell_refusals(request, done)
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


def _again(
    shown: "ModelAdmin[ExceptionCase]",
    request: HttpRequest,
    cases: Sequence[ExceptionCase],
    error: DomainError | None,
    typed: QueryDict | None = None,
) -> HttpResponse:
    """The same question on a page of its own, with what was typed, and what is wrong with it."""
    typed = typed or request.POST
    told = "You were signed out before this was saved. What you typed is back: look it over, and send it again."
    if error is not None:
        told = "Choose what to do with them." if error.code == "INVALID_ACTION" else review_parts.message_of(error)
    context = shown.admin_site.each_context(request) | {
        "title": "Resolve many",
        "model_admin": shown,
        "cases": [(case, at_risk_of(case)) for case in cases],
        "error": told,
        "chosen": typed.get("action", ""),
        "notes": typed.get("notes", ""),
        "back": typed.get("back", ""),
        "back_url": _back_url(typed),
    }
    return render(request, "exceptions/bulk.html", context, status=error.http_status if error else 200)


def _replay_reason(shown: "ModelAdmin[ExceptionCase]", request: HttpRequest) -> HttpResponse:
    """Start the job that replays every open case of a reason, of the one tenant that is meant."""
    if not request.user.has_perm(BULK):
        raise PermissionDenied
    slug, reason = visible(request.POST.get("tenant", "")), request.POST.get("reason", "")
    tenants = staff.visible_tenants(request.user)
    found = list((tenants.filter(slug=slug) if slug else tenants)[:2])
    if len(found) != 1 or reason not in REASONS:
        messages.error(request, "Choose one tenant and one reason first.")
        return _back(request)
    if not staff.may(request.user, BULK, found[0].pk):
        raise PermissionDenied
    try:
        job = actions.start_replay(
            tenant_id=found[0].pk,
            reason_code=reason,
            notes=request.POST.get("replay_notes", ""),
            actor=staff.actor_of(request.user),
            may_approve=staff.may(request.user, APPROVE, found[0].pk),
            now=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, f"The replay was not started: {review_parts.message_of(error)}")
        return _back(request)
    messages.success(request, f"Replay {job.pk} of {_events(job.total)} has started.")
    return HttpResponseRedirect(reverse("admin:pos_replayjob_change", args=[job.pk]))


def _tell_refusals(request: HttpRequest, refusals: Counter[str]) -> None:
    for message, number in refusals.most_common():
        if number:
            messages.warning(request, f"{_events(number)} stayed open: {message}")


def _nothing_selected(request: HttpRequest) -> HttpResponse:
    messages.warning(request, "Nothing open was selected: tick events in the list first.")
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(_back_url(request.POST))


def _back_url(typed: QueryDict) -> str:
    """The inbox with the filters it had; only its query is taken from the form, so it never leads elsewhere."""
    query = QueryDict(typed.get("back", "")[:2_000]).urlencode()
    return reverse("admin:exceptions_exceptioncase_changelist") + (f"?{query}" if query else "")


def _events(number: int) -> str:
    return f"{number:,} event" + ("" if number == 1 else "s")


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
