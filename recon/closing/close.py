"""Use case: close a business day. Seal, snapshots and open blockers in one commit; then the accountant pack.

Two closers of one tenant take turns, and the second answers what the first did. Should the process die between the
commits, closing again issues the pack: it is the same, byte for byte.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from django.db import IntegrityError, connection

from exceptions.decisions import NotesRequired, read_notes
from ledger.fx import revaluation
from ledger.fx.revaluation import RevaluationResult
from ledger.models import Period
from ledger.periods import periods
from ledger.refusals import books
from ledgersafe.audit import trail
from ledgersafe.postgres.db import (
    lift_statement_timeout,
    require_transaction,
    retry_serialization,
    tenant_transaction,
)
from ledgersafe.tenants.models import Tenant
from recon import packs
from recon.closing import empty_days
from recon.closing.blockers import held_json, iso, refuse_blocked, without_rate
from recon.closing.calendar_lock import lock_calendar
from recon.closing.close_refusals import DayNotReady, ForceNotAllowed
from recon.closing.days import DayPlan, plan_for
from recon.closing.held_events import freeze, open_figures
from recon.closing.issue import issue_packs
from recon.closing.open_drawers import open_drawers
from recon.closing.queries import standing_close
from recon.closing.readiness import held_span
from recon.models import DayClose, DayPack

_FREEZE_CHART: Final = """
INSERT INTO day_close_accounts (tenant_id, close_id, account_id, code, name)
SELECT tenant_id, %(close)s, id, code, name FROM accounts WHERE tenant_id = %(tenant)s
"""


@dataclass(frozen=True, slots=True)
class Order:
    """Who closes, when, and whether in spite of what stands against it."""

    actor: str
    now: datetime
    force: bool = False
    notes: str = ""


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A closed day and its pack."""

    close: DayClose
    pack: DayPack


def close_day(
    *,
    tenant_id: int,
    day: date,
    actor: str,
    now: datetime,
    force: bool = False,
    may_force: bool = False,
    notes: str = "",
) -> ClosedDay:
    """Close a business day: nothing posts on or before it afterwards. Repeated, it returns the first close.

    Days before it that nobody sold on are closed with it, so that closed days are contiguous. A day that was opened
    again (`reopen`) is closed as its next revision: balances are kept anew, and another pack is issued. Unrealized
    gain or loss of the clearing accounts in foreign currencies is booked first.

    :param force: close although held events of the day are undecided, drawers are open, or clearing accounts cannot be
        valued; needs `may_force` and notes.
    :raises DayNotOver: it runs, or lies ahead. :raises EarlierDayOpen: an earlier day with journals is open.
    :raises DayNotReady: undecided events, and no `force`. :raises DrawersOpen: likewise.
    :raises CurrencyWithoutRate: likewise.
    :raises ForceNotAllowed: not within the caller's rights.
    :raises exceptions.decisions.NotesRequired: `force` without a reason. :raises DomainError: as `days.plan_for`.
    """
    if force and not may_force:
        raise ForceNotAllowed
    order = Order(actor, now, force, reason_of(notes, required=force))
    try:
        close = retry_serialization(partial(_close, tenant_id, day, order))
    except IntegrityError as error:  # an account that the revaluation needs is blocked
        refusal = books.refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error
    issue_packs(tenant_id, actor=actor, close=close)
    return ClosedDay(close, DayPack.objects.get(tenant_id=tenant_id, close=close))


def reason_of(notes: str, *, required: bool, field: str = "notes") -> str:
    """Check a reason and strip it; empty when there is none and none is required.

    :param field: the name under which the caller's request carries it, for the refusal.
    :raises exceptions.decisions.NotesRequired: it is required and missing, or cannot be kept.
    """
    if not notes.strip() and not required:
        return ""
    try:
        return read_notes(notes)
    except NotesRequired as error:
        raise NotesRequired(error.message.replace("resolution_notes", field), field=field) from error


def _close(tenant_id: int, day: date, order: Order) -> DayClose:
    """Close the day and the empty days before it in one transaction, or return the close that stands."""
    with tenant_transaction(tenant_id):
        lift_statement_timeout()  # a long year in one close
        # Before anything is read: a second closer waits here, and then finds the close of the first.
        lock_calendar(tenant_id)
        tenant = Tenant.objects.get(pk=tenant_id)
        standing = standing_close(tenant_id, day)
        if standing is not None:
            return standing
        plan = plan_for(tenant, day)
        # A sealed day without a record was sealed past this use case: it gets its record, and nothing else changes.
        empty = 0
        if plan.is_open:
            refuse_blocked(plan, now=order.now, force=order.force)
            empty = periods.close_empty_days(tenant, plan.empty_days.dates())
        close = _seal_day(plan, order, empty)
        if empty:
            empty_days.cover(close, plan.empty_days)
        return close


def _seal_day(plan: DayPlan, order: Order, empty: int) -> DayClose:
    """Seal a day and keep what its pack is made of; operation. One statement per step, whatever the size of the day.

    :param empty: how many days before it were closed with it.
    """
    require_transaction()
    tenant, day = plan.tenant, plan.day
    span = held_span(plan)
    periods.open_day(tenant.id, day, time_zone=tenant.time_zone, cut_off=plan.clocks.cut_off)
    revaluation_result = _revalue(plan, order)
    period = periods.seal(tenant, day, now=order.now)
    events = open_figures(span)
    if events.open and not order.force:  # opened since it was checked
        raise DayNotReady(**held_json(events))
    drawers = open_drawers(tenant.id, plan.clocks, day) if order.force else []
    close = DayClose.objects.create(
        tenant=tenant,
        period=period,
        business_date=day,
        revision=periods.revision_of(period),
        layout=packs.LAYOUT,
        actor=order.actor,
        forced=events.open > 0 or bool(revaluation_result.without_rate) or bool(drawers),
        notes=order.notes,
        accounts=_count_accounts(tenant.id),
        open_exceptions=events.open,
    )
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE_CHART, {"close": close.pk, "tenant": tenant.id})
    freeze(close.pk, span)
    details = held_json(events) | {
        "revaluation_journal_id": revaluation_result.journal_id,
        "currencies_without_rate": list(revaluation_result.without_rate),
        "open_drawers": len(drawers),
    }
    _record(close, period, details | empty_days.as_trail(plan.empty_days, empty))
    close.refresh_from_db(fields=["closed_at"])  # its trigger took the day's
    return close


def _revalue(plan: DayPlan, order: Order) -> RevaluationResult:
    """Value the clearing accounts at the day's end; the empty days closed with it book nothing of their own.

    :raises CurrencyWithoutRate: a currency has no usable rate, and no `force`.
    """
    result = revaluation.revalue(plan.tenant.id, plan.day, actor=order.actor, now=order.now)
    if result.without_rate and not order.force:  # posted since it was checked
        raise without_rate(result.without_rate)
    return result


def _record(close: DayClose, period: Period, details: dict[str, Any]) -> None:
    """Write the audit entry of a close. :param details: figures of what stood against it."""
    state = {
        "status": "closed",
        "closed_at": iso(period.closed_at),
        "forced": close.forced,
        "revision": close.revision,
    }
    trail.record(
        tenant_id=close.tenant_id,
        actor=close.actor,
        action="recon.day.closed",
        object_type="business_day",
        object_id=close.business_date,
        before={"status": "open"},
        after=state | details,
        notes=close.notes,
    )


def _count_accounts(tenant_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts WHERE tenant_id = %s", [tenant_id])
        return int(cursor.fetchone()[0])
