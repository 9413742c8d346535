"""Closing a business day in the back office: the readiness board, the buttons, and the packs of its closes.

Changes by POST only, through the use case. Another tenant's day answers as an absent one.
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
from django.utils.http import urlencode
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldBooleanSwitchWidget

from ledger.models import Period, PeriodStatus
from ledger.periods.periods import last_closed_date
from ledgersafe.backoffice.pages import Badge, Button, Card, Cell, UseCaseForm, form_page, object_page, press
from ledgersafe.tenants import staff
from ledgersafe.values.errors import DomainError, NotFound
from recon import packs
from recon.closing import queries
from recon.closing.close import ClosedDay, close_day
from recon.closing.empty_days import EmptyDays
from recon.closing.open_drawers import cash_in
from recon.closing.readiness import FORCED_OVER, Readiness, readiness
from recon.closing.reopen import ReopenedDay, reopen_day
from recon.models import DayClose, DayPack

VIEW, CLOSE, REOPEN = "ledger.view_period", "recon.close_period", "recon.reopen_period"
_STATES = {
    "closed": Badge("closed", "success"),
    "ready": Badge("ready to close", "success"),
    "blocked": Badge("not ready", "warning"),
    "running": Badge("running", "info"),
}


class CloseForm(UseCaseForm):
    """A close of a day that is ready asks nothing."""

    notes = forms.CharField(
        label="Notes",
        required=False,
        max_length=4_000,
        help_text="Kept in the audit log.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


class ForcedCloseForm(CloseForm):
    """A close in spite of undecided events asks twice, and why."""

    force = forms.BooleanField(
        label="Close all the same",
        required=False,
        help_text="Events decided later are posted into an open day. Only a supervisor can open this one again.",
        widget=UnfoldBooleanSwitchWidget,
    )


class ReopenForm(UseCaseForm):
    """To open a day again takes a reason."""

    reason = forms.CharField(
        label="Why",
        max_length=4_000,
        help_text="Kept in the audit log, beside the fingerprint of the pack that no longer counts.",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )


def show_day(request: HttpRequest, period_id: int) -> HttpResponse:
    """`day-close`: the board of an open day with the form that closes it; a closed day's pack."""
    period = _period(request, period_id)
    if period.status == PeriodStatus.CLOSED:
        return _closed_page(request, period)
    try:
        board = readiness(period.tenant, period.business_date, now=timezone.now())
    except DomainError as error:
        note = Card("This day cannot be closed yet", note=error.message)
        return _page(request, period, Badge("not ready", "warning"), [note])
    may_close = staff.may(request.user, CLOSE, period.tenant_id)
    if request.method == "POST" and not may_close:
        raise PermissionDenied
    cards = _board_cards(period, board)
    if not may_close or set(board.blockers) - FORCED_OVER:
        return _page(request, period, _STATES[board.state], cards)
    form = (ForcedCloseForm if board.blockers else CloseForm)(request.POST or None)
    done = press(request, form, lambda values: _close(request, period, values))
    if done is not None:
        messages.success(request, f"{period.business_date} is closed: {done.close.accounts} balances kept.")
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
    """`day-reopen`: the form by which a supervisor opens the last closed day again."""
    period = _period(request, period_id)
    if not staff.may(request.user, REOPEN, period.tenant_id):
        raise PermissionDenied
    form = ReopenForm(request.POST or None)
    done = press(request, form, lambda values: _reopen(request, period, values["reason"]))
    if done is not None:
        messages.success(request, f"{period.business_date} is open again. Close it when you are done.")
        return HttpResponseRedirect(reverse("day-close", args=[period.pk]))
    return form_page(
        request,
        form,
        opts=Period._meta,
        obj=period,
        title=f"Open {period.business_date} again",
        intro="It takes journals again until somebody closes it; the hourly job does not. Its accountant pack is then "
        "issued anew; the one there is stays on record and no longer counts.",
        submit="Open the day again",
        back=reverse("day-close", args=[period.pk]),
        danger=True,
    )


def download(request: HttpRequest, period_id: int, name: str) -> HttpResponseBase:
    """`day-pack`: one file of a close's pack; the page to print is shown, the others are saved."""
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
    how = "inline" if name.endswith(".html") else "attachment"
    disposition = f'{how}; filename="{packs.file_name(close, name)}"'
    headers = {"Content-Disposition": disposition, "Cache-Control": "no-store, private"}
    return StreamingHttpResponse(content, content_type=packs.media_type(name), headers=headers)


def _period(request: HttpRequest, period_id: int) -> Period:
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


# ── What is shown ───────────────────────────────────────────────────────────────────────────────
def _page(
    request: HttpRequest, period: Period, badge: Badge, cards: list[Card], more: Sequence[Button] = ()
) -> HttpResponse:
    back = Button("The day's books", _day_url(period), "menu_book")
    title = f"{period.business_date:%A, %-d %B %Y}"
    subtitle = f"Business day of {period.tenant.name or period.tenant.slug}"
    return object_page(
        request, period, title=title, subtitle=subtitle, badges=[badge], buttons=[back, *more], cards=cards
    )


def _intro(period: Period, board: Readiness) -> str:
    told = f"After the close nothing posts on or before {period.business_date}; only a supervisor can open it again."
    if board.held.open:
        events = "event waits" if board.held.open == 1 else "events wait"
        return f"{board.held.open:,} held {events} for a decision. {told}"
    if board.drawers:
        return f"Drawers are open: {', '.join(drawer.register for drawer in board.drawers[:5])}. {told}"
    if board.without_rate:
        return f"Clearing accounts cannot be valued: no rate for {', '.join(board.without_rate)}. {told}"
    return f"Nothing stands against closing it. {told}"


def _ends(board: Readiness) -> Cell:
    """When it can be closed, and whose clock says so if it is not the tenant's."""
    return Cell(f"{board.over.at:%Y-%m-%d %H:%M} UTC", small=board.over.place if board.over.store_code else "")


def _board_cards(period: Period, board: Readiness) -> list[Card]:
    at_risk = ", ".join(f"{money.text} {money.currency}" for money in board.held.at_risk) or "none"
    facts: list[tuple[str, Any]] = [
        ("State", Cell("", badge=_STATES[board.state])),
        ("Ends", _ends(board)),
        ("Held events", f"{board.held.open:,}"),
        ("Arrivals in no book yet", f"{board.held.undecided_arrivals:,}"),
        ("Money at risk", at_risk),
        ("Open drawers", _drawers(board)),
    ]
    if board.without_rate:
        facts.append(("Without a rate", ", ".join(board.without_rate)))
    if board.reopened:
        told = f"{board.reopened.reopened_at:%Y-%m-%d %H:%M} UTC by {board.reopened.actor}: {board.reopened.reason}"
        facts.append(("Opened again", told))
    if board.earliest_open:
        facts.append(("Close first", str(board.earliest_open)))
    if board.empty_days:
        facts.append(("Closed with it, nobody sold", _days(board.empty_days)))
    query = urlencode({"state": "open", "tenant": period.tenant.slug})
    inbox = Button("Decide them", f"{reverse('admin:exceptions_exceptioncase_changelist')}?{query}", "inbox")
    rows = [[Cell(reason, mono=True), f"{number:,}"] for reason, number in sorted(board.held.by_reason.items())]
    held = Card(
        "Held events by reason",
        headers=["Reason", "Events"],
        rows=rows,
        empty="Every event of the day is decided.",
        button=inbox if rows else None,
    )
    undone = [_pack_card(period, close) for close in queries.get_closes(period.tenant_id, period.business_date)]
    return [Card("Readiness", facts=facts), held, *undone]


def _days(empty: EmptyDays) -> str:
    """From when to when, and how many."""
    return f"{empty.first} to {empty.last}, {len(empty):,} days" if len(empty) > 1 else str(empty.first)


def _drawers(board: Readiness) -> str:
    """How many, and the cash that should be in them."""
    cash = ", ".join(f"{money.text} {money.currency}" for money in cash_in(board.drawers))
    return f"{len(board.drawers):,} with {cash}" if board.drawers else "none"


def _closed_page(request: HttpRequest, period: Period) -> HttpResponse:
    closes = queries.get_closes(period.tenant_id, period.business_date)
    facts: list[tuple[str, Any]] = [("Closed", f"{period.closed_at:%Y-%m-%d %H:%M:%S} UTC")]
    cards = [Card("Close", facts=facts)]
    for close in closes[:1]:
        facts += [("By", close.actor), *(_covered(close) if close.covered_by else _kept(close))]
        facts += [("Notes", close.notes)] if close.notes else []
    record = queries.last_reopening(period.tenant_id, period.pk)
    if record is not None:
        told = f"{record.reopened_at:%Y-%m-%d %H:%M} UTC by {record.actor}: {record.reason}"
        facts.append(("Opened again before", told))
    may_reopen = staff.may(request.user, REOPEN, period.tenant_id)
    is_last = last_closed_date(period.tenant_id) == period.business_date
    again = Button("Open it again", reverse("day-reopen", args=[period.pk]), "lock_open")
    cards += [_pack_card(period, close) for close in closes]
    return _page(request, period, _STATES["closed"], cards, [again] if may_reopen and is_last else [])


def _kept(close: DayClose) -> list[tuple[str, Any]]:
    undecided = ("Held events left undecided", f"{close.open_exceptions:,}")
    return [("Balances kept", f"{close.accounts:,}"), undecided]


def _covered(close: DayClose) -> list[tuple[str, Any]]:
    """Nobody sold on the day: what was kept for it is with another."""
    assert close.covered_by is not None  # noqa: S101  the caller has looked
    url = reverse("day-close", args=[close.covered_by.period_id])
    return [("Closed with", Cell(str(close.covered_by.business_date), url=url, small="nobody sold on this day"))]


def _pack_card(period: Period, close: DayClose) -> Card:
    pack = DayPack.objects.filter(tenant_id=period.tenant_id, close=close).first()
    absent = "–" if close.covered_by else "not on record yet"
    sums: dict[str, str] = pack.files if pack else dict.fromkeys(packs.names_of(close), absent)
    query = "" if close.stands else f"?revision={close.revision}"
    rows = [
        [Cell(name, url=reverse("day-pack", args=[period.pk, name]) + query), Cell(sha256, mono=True)]
        for name, sha256 in sorted(sums.items())
    ]
    rows += [[Cell("All of them"), Cell(pack.sha256, mono=True)]] if pack else []
    title = "Accountant pack" + (f", issue {close.revision}" if close.revision > 1 or not close.stands else "")
    note = "Made again, every file is the same byte for byte; the sums stand in the audit log."
    if close.covered_by and pack is None:
        note = f"All it says is in the pack of {close.covered_by.business_date}, whose sums stand in the audit log."
    if not close.stands:
        note = f"No longer counts: closed {close.closed_at:%Y-%m-%d %H:%M} UTC by {close.actor}, opened again since."
    return Card(title, headers=["File", "SHA-256"], rows=rows, note=note, wide=True)


def _day_url(period: Period) -> str:
    return reverse("admin:ledger_period_change", args=[period.pk])
