"""Use case: close a business day. Seal, snapshots and what stood against it in one commit; then the accountant pack.

Two closers of one tenant take turns, and the second answers what the first did. Should the process die between the
commits, closing again issues the pack: it is the same, byte for byte.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final

from django.db import IntegrityError, connection
from django.db.models import Q

from exceptions.decisions import NotesRequired, read_notes
from ledger.fx import positions, revaluation
from ledger.fx.revaluation import RevaluationResult
from ledger.periods import periods
from ledger.refusals import books
from ledgersafe.audit import trail
from ledgersafe.audit.anchors import anchor_head
from ledgersafe.audit.sealing import seal_trail
from ledgersafe.postgres.db import (
    lift_statement_timeout,
    require_transaction,
    retry_serialization,
    tenant_transaction,
)
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import DomainError
from recon.closing import empty_days
from recon.closing.days import LAST_INSTANT, DayPlan, plan_for
from recon.closing.held_events import HeldFigures, freeze, open_figures
from recon.closing.open_drawers import cash_in, open_drawers
from recon.closing.queries import standing_close
from recon.closing.readiness import amounts, held_span
from recon.models import DayClose, DayPack
from recon.packs import pack as packs

logger = logging.getLogger(__name__)

_FREEZE_CHART: Final = """
INSERT INTO day_close_accounts (tenant_id, close_id, account_id, code, name)
SELECT tenant_id, %(close)s, id, code, name FROM accounts WHERE tenant_id = %(tenant)s
"""


class DayNotOver(DomainError):
    """The business day is not over yet; close it after its cut-off, by the clock of every store."""

    code = "DAY_NOT_OVER"
    http_status = 409


class EarlierDayOpen(DomainError):
    """An earlier business day is still open; days are closed in order."""

    code = "EARLIER_DAY_OPEN"
    http_status = 409


class DayNotReady(DomainError):
    """Held events of the day wait for a decision; decide them, or close all the same and say why."""

    code = "DAY_NOT_READY"
    http_status = 409


class DrawersOpen(DomainError):
    """Drawers that were opened before the end of the day are not closed yet; close them, or force."""

    code = "DRAWERS_OPEN"
    http_status = 409


class CurrencyWithoutRate(DomainError):
    """A clearing account cannot be valued: there is no usable rate at the end of the day; record one, or force."""

    code = "FX_RATE_MISSING"
    http_status = 409


class ForceNotAllowed(DomainError):
    """Closing a day with undecided events is not within this key's or role's rights."""

    code = "FORCE_NOT_ALLOWED"
    http_status = 403


@dataclass(frozen=True, slots=True)
class Order:
    """Who closes, and whether in spite of undecided events."""

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
    """Close a business day; nothing posts on or before it afterwards. Again: the first close's answer.

    Days before it that nobody sold on are closed with it, so that closed days are contiguous. A day that was opened
    again (`reopen`) is closed anew: its books are kept once more, and it gets another pack.

    What the clearing accounts of foreign currencies are off by at its end is booked as gain or loss first.

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
    issue_packs(tenant_id, actor=actor, asked=close)
    return ClosedDay(close, DayPack.objects.get(tenant_id=tenant_id, close=close))


def issue_packs(tenant_id: int, *, actor: str, asked: DayClose | None = None) -> None:
    """Fingerprint the packs of closed days and put them on record; then seal the audit trail and anchor its head.

    Of every closed day that has none yet, as its close was cut short. Of a day nobody sold on only when it is `asked`
    for: all it says is in the pack of the day it was closed with. Safe to run twice.
    """
    wanted = Q(covered_by=None) if asked is None else Q(covered_by=None) | Q(pk=asked.pk)
    rows = DayClose.objects.select_related("tenant", "period", "covered_by__tenant").filter(wanted, tenant_id=tenant_id)
    missing = list(rows.filter(packs=None).order_by("business_date"))
    for close in missing:
        retry_serialization(partial(_record_pack, close, packs.fingerprints(close), actor))
    try:
        if missing:
            seal_trail(tenant_id=tenant_id)
            anchor_head(missing[0].tenant)
    except Exception:  # the days are closed, whatever happens here; a job seals every minute
        logger.exception("The audit trail of %s could not be sealed after a close.", missing[0].tenant.slug)


def reason_of(notes: str, *, required: bool, field: str = "notes") -> str:
    """What was said of it. :raises exceptions.decisions.NotesRequired: nothing, although it has to be."""
    if not notes.strip() and not required:
        return ""
    try:
        return read_notes(notes)
    except NotesRequired as error:
        raise NotesRequired(error.message.replace("resolution_notes", field), field=field) from error


def _close(tenant_id: int, day: date, order: Order) -> DayClose:
    with tenant_transaction(tenant_id):
        lift_statement_timeout()  # a long year in one close
        lock_calendar(tenant_id)
        tenant = Tenant.objects.get(pk=tenant_id)
        done = standing_close(tenant_id, day)
        if done is not None:
            return done
        plan = plan_for(tenant, day)
        # A sealed day without a record was sealed past this use case: it gets its record, and nothing else changes.
        empty = 0
        if plan.is_open:
            _check(plan, order)
            empty = periods.close_empty_days(tenant, plan.empty_days.dates())
        close = _close_one(plan, order, empty)
        if empty:
            empty_days.cover(close, plan.empty_days)
        return close


def _check(plan: DayPlan, order: Order) -> None:
    """Refuse what cannot be closed, before anything is locked."""
    if order.now < plan.over.at:
        ends_at, where = _told(plan.over.at), f" {plan.over.place}" if plan.over.store_code else ""
        raise DayNotOver(f"Business day {plan.day} ends at {ends_at}{where}.", ends_at=ends_at)
    if plan.earliest_open is not None:
        raise EarlierDayOpen(
            f"Business day {plan.earliest_open} is still open; days are closed in order.",
            earliest_open=plan.earliest_open.isoformat(),
        )
    held = open_figures(held_span(plan))
    if held.open and not order.force:
        raise DayNotReady(
            f"{held.open} held event{'s' if held.open > 1 else ''} of the day wait{'' if held.open > 1 else 's'} for "
            "a decision.",
            **_counted(held),
        )
    drawers = open_drawers(plan.tenant.id, plan.clocks, plan.day)
    if drawers and not order.force:
        raise DrawersOpen(
            f"{len(drawers)} drawer{'s are' if len(drawers) > 1 else ' is'} open, the first since "
            f"{_told(drawers[0].opened_at)} at {drawers[0].register}.",
            open_drawers=len(drawers),
            expected_cash=amounts(cash_in(drawers)),
        )
    without_rate = positions.currencies_without_rate(plan.tenant.id, plan.day, at=plan.ends_at - LAST_INSTANT)
    if without_rate and not order.force:
        raise _without_rate(without_rate)


def _revalue(plan: DayPlan, order: Order) -> RevaluationResult:
    """Of empty days that are closed with it nothing is valued: the day itself books what they would."""
    revalued = revaluation.revalue(plan.tenant.id, plan.day, actor=order.actor, now=order.now)
    if revalued.without_rate and not order.force:  # posted since it was checked
        raise _without_rate(revalued.without_rate)
    return revalued


def _without_rate(currencies: Sequence[str]) -> CurrencyWithoutRate:
    told = f"There is no usable rate for {', '.join(currencies)} at the end of the day; record one, or force."
    return CurrencyWithoutRate(told, currencies=list(currencies))


def _close_one(plan: DayPlan, order: Order, empty: int) -> DayClose:
    """Seal a day and keep what its pack is made of; operation. One statement per step, whatever the size of the day.

    :param empty: how many days before it were closed with it.
    """
    require_transaction()
    tenant, day = plan.tenant, plan.day
    held_of = held_span(plan)
    periods.open_day(tenant.id, day, time_zone=tenant.time_zone, cut_off=plan.clocks.cut_off)
    revalued = _revalue(plan, order)
    period = periods.seal(tenant, day, now=order.now)
    revision = periods.revision_of(period)
    held = open_figures(held_of)
    if held.open and not order.force:  # opened since it was checked
        raise DayNotReady(**_counted(held))
    drawers = open_drawers(tenant.id, plan.clocks, day) if order.force else []
    forced = held.open > 0 or bool(revalued.without_rate) or bool(drawers)
    close = DayClose.objects.create(
        tenant=tenant,
        period=period,
        business_date=day,
        revision=revision,
        layout=packs.LAYOUT,
        actor=order.actor,
        forced=forced,
        notes=order.notes,
        accounts=_count_accounts(tenant.id),
        open_exceptions=held.open,
    )
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE_CHART, {"close": close.pk, "tenant": tenant.id})
    freeze(close.pk, held_of)
    trail.record(
        tenant_id=tenant.id,
        actor=order.actor,
        action="recon.day.closed",
        object_type="business_day",
        object_id=day,
        before={"status": "open"},
        after=_counted(held)
        | {
            "status": "closed",
            "closed_at": _told(period.closed_at),
            "forced": forced,
            "revision": revision,
            "revaluation_journal_id": revalued.journal_id,
            "currencies_without_rate": list(revalued.without_rate),
            "open_drawers": len(drawers),
        }
        | empty_days.as_trail(plan.empty_days, empty),
        notes=order.notes,
    )
    close.refresh_from_db(fields=["closed_at"])  # its trigger took the day's
    return close


def _record_pack(close: DayClose, files: dict[str, str], actor: str) -> None:
    with tenant_transaction(close.tenant_id):
        lock_calendar(close.tenant_id)
        if DayPack.objects.filter(tenant_id=close.tenant_id, close=close).exists():
            return
        sha256 = packs.fingerprint_of(files)
        DayPack.objects.create(tenant_id=close.tenant_id, close=close, sha256=sha256, files=files)
        trail.record(
            tenant_id=close.tenant_id,
            actor=actor,
            action="recon.pack.issued",
            object_type="business_day",
            object_id=close.business_date,
            after={"sha256": sha256, "files": files, "revision": close.revision},
        )


def lock_calendar(tenant_id: int) -> None:
    """The tenant's calendar is this transaction's alone, as the guard on periods takes it.

    The races this closes: a day is opened before the one that is just being closed; two closers, or two packs.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [-tenant_id])


def _count_accounts(tenant_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts WHERE tenant_id = %s", [tenant_id])
        return int(cursor.fetchone()[0])


def _counted(held: HeldFigures) -> dict[str, Any]:
    return {
        "open_exceptions": held.open,
        "undecided_arrivals": held.undecided_arrivals,
        "by_reason": held.by_reason,
        "at_risk": amounts(held.at_risk),
    }


def _told(instant: datetime | None) -> str | None:
    return instant.isoformat().replace("+00:00", "Z") if instant is not None else None
