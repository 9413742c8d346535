"""Pages of a business day in the back office: readiness with the form that closes, reopening, files of packs.

Changes by POST only, through the use cases. Another tenant's day answers as an absent one.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from ledger.models import Period, PeriodStatus
from ledger.periods import last_closed_date
from ledgersafe.backoffice.pages import Badge, Button, Card, UseCaseForm, form_page, object_page, press
from ledgersafe.tenants import staff
from ledgersafe.values.errors import DomainError, NotFound
from recon import packs
from recon.backoffice.close_cards import closed_cards
from recon.backoffice.day_cards import STATE_BADGES, board_cards
from recon.closing import ClosedDay, Readiness, ReopenedDay, check_readiness, close_day, queries, reopen_day
from recon.closing.readiness import FORCED_OVER

VIEW, CLOSE, REOPEN = "ledger.view_period", "recon.close_period", "recon.reopen_period"


class CloseForm(UseCaseForm):
    """Closes a day that is ready; notes are optional."""

    notes = forms.CharField(
        label="Notes",
        required=False,
        max_length=4_000,
        help_text="Kept in the audit log.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class ForcedCloseForm(CloseForm):
    """Closes a day in spite of blockers; the use case requires the switch and notes."""

    force = forms.BooleanField(
        label="Close all the same",
        required=False,
        help_text="Events decided later post to an open day. Only a supervisor can reopen this day.",
        widget=UnfoldBooleanSwitchWidget,
    )


class ReopenForm(UseCaseForm):
    """Reopens a day, for a reason."""

    reason = forms.CharField(
        label="Reason",
        max_length=4_000,
        help_text="Kept in the audit log, with the fingerprint of the superseded pack.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


def show_day(request: HttpRequest, period_id: int) -> HttpResponse:
    """`day-close`: the readiness of an open day with the form that closes it; the packs of a closed one."""
    period = _period(request, period_id)
    if period.status == PeriodStatus.CLOSED:
        return _closed_page(request, period)
    try:
        board = check_readiness(period.tenant, period.business_date, now=timezone.now())
    except DomainError as error:
        note = Card("This day cannot be closed yet", note=error.message)
        return _page(request, period, Badge("not ready", "warning"), [note])
    may_close = staff.may(request.user, CLOSE, period.tenant_id)
    if request.method == "POST" and not may_close:
        raise PermissionDenied
    cards = board_cards(period, board)
    if not may_close or set(board.blockers) - FORCED_OVER:
        return _page(request, period, STATE_BADGES[board.state], cards)
    form = (ForcedCloseForm if board.blockers else CloseForm)(request.POST or None)
    result = press(request, form, lambda values: _close(request, period, values))
    if result is not None:
        saved = f"{result.close.accounts:,} account balances saved"
        messages.success(request, f"{period.business_date} is closed: {saved}.")
        return HttpResponseRedirect(request.path)
    return form_page(
        request,
        form,
        opts=Period._meta,
        obj=period,
        title=f"Close {period.business_date}",
        intro=_intro(period, board),
        submit="Close the day",
        back=_day_url(period),
        danger=bool(board.blockers),
        cards=cards,
    )


def reopen(request: HttpRequest, period_id: int) -> HttpResponse:
    """`day-reopen`: the form by which a supervisor reopens the last closed day."""
    period = _period(request, period_id)
    if not staff.may(request.user, REOPEN, period.tenant_id):
        raise PermissionDenied
    form = ReopenForm(request.POST or None)
    result = press(request, form, lambda values: _reopen(request, period, values["reason"]))
    if result is not None:
        messages.success(request, f"{period.business_date} is open again. Close it when you are done.")
        return HttpResponseRedirect(reverse("day-close", args=[period.pk]))
    return form_page(
        request,
        form,
        opts=Period._meta,
        obj=period,
        title=f"Reopen {period.business_date}",
        intro="The day accepts postings until someone closes it by hand. A new pack replaces the current one, which is "
        "kept for the record.",
        submit="Reopen the day",
        back=reverse("day-close", args=[period.pk]),
        danger=True,
    )


def download(request: HttpRequest, period_id: int, name: str) -> HttpResponseBase:
    """`day-pack`: one file of a close's pack; the page to print opens in the browser, the others are saved."""
    period = _period(request, period_id)
    try:
        revision = queries.read_revision(request.GET.get("revision"))
        close = queries.get_close(period.tenant_id, period.business_date, revision=revision)
    except DomainError as error:
        raise Http404 from error
    try:
        content = packs.content(close, name)
    except NotFound as error:
        raise Http404 from error
    disposition = "inline" if name.endswith(".html") else "attachment"
    headers = {
        "Content-Disposition": f'{disposition}; filename="{packs.file_name(close, name)}"',
        "Cache-Control": "no-store, private",
    }
    return StreamingHttpResponse(content, content_type=packs.media_type(name), headers=headers)


def _period(request: HttpRequest, period_id: int) -> Period:
    """:raises PermissionDenied: no right to see days. :raises Http404: absent, or another tenant's."""
    if not request.user.has_perm(VIEW):
        raise PermissionDenied
    ids = staff.tenant_ids_of(request.user)
    period = Period.objects.select_related("tenant").filter(pk=period_id).first()
    if period is None or (ids is not None and period.tenant_id not in ids):
        raise Http404
    return period


def _close(request: HttpRequest, period: Period, values: dict[str, Any]) -> ClosedDay:
    return close_day(
        tenant_id=period.tenant_id,
        day=period.business_date,
        actor=staff.actor_of(request.user),
        now=timezone.now(),
        force=values.get("force", False),
        may_force=True,
        notes=values["notes"],
    )


def _reopen(request: HttpRequest, period: Period, reason: str) -> ReopenedDay:
    actor = staff.actor_of(request.user)
    return reopen_day(tenant_id=period.tenant_id, day=period.business_date, actor=actor, reason=reason)


def _page(
    request: HttpRequest, period: Period, badge: Badge, cards: list[Card], more: Sequence[Button] = ()
) -> HttpResponse:
    back = Button("Trial balance", _day_url(period), "menu_book")
    title = f"{period.business_date:%A, %-d %B %Y}"
    subtitle = f"Business day of {period.tenant.name or period.tenant.slug}"
    return object_page(
        request, period, title=title, subtitle=subtitle, badges=[badge], buttons=[back, *more], cards=cards
    )


def _closed_page(request: HttpRequest, period: Period) -> HttpResponse:
    may_reopen = staff.may(request.user, REOPEN, period.tenant_id)
    is_last = last_closed_date(period.tenant_id) == period.business_date
    button = Button("Reopen the day", reverse("day-reopen", args=[period.pk]), "lock_open")
    return _page(
        request, period, STATE_BADGES["closed"], closed_cards(period), [button] if may_reopen and is_last else []
    )


def _intro(period: Period, board: Readiness) -> str:
    consequence = (
        f"After closing, nothing can be posted on or before {period.business_date:%-d %B %Y}; only a supervisor can "
        "reopen the day."
    )
    if board.held_events.open:
        events = "event needs" if board.held_events.open == 1 else "events need"
        return f"{board.held_events.open:,} held {events} a decision. {consequence}"
    if board.drawers:
        return f"Drawers are open: {', '.join(drawer.register for drawer in board.drawers[:5])}. {consequence}"
    if board.without_rate:
        return f"Clearing accounts cannot be valued: no rate for {', '.join(board.without_rate)}. {consequence}"
    return f"Ready to close. {consequence}"


def _day_url(period: Period) -> str:
    return reverse("admin:ledger_period_change", args=[period.pk])
