"""Check whether a business day can be closed: blockers, open work and money at risk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from ledger.calendar import Ending
from ledger.fx import positions
from ledger.models import Reopening
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.money import to_decimal_text
from ledgersafe.values.money_text import Money
from recon.closing.days import LAST_INSTANT, DayPlan, plan_for
from recon.closing.empty_days import EmptyDays
from recon.closing.held_events import HeldFigures, HeldSpan, open_figures
from recon.closing.open_drawers import OpenDrawer, open_drawers
from recon.closing.queries import last_reopening

#: Blockers that a forced close overrides, given the right and a reason.
FORCED_OVER: Final = frozenset({"DAY_NOT_READY", "DRAWERS_OPEN", "FX_RATE_MISSING"})


class DayState(StrEnum):
    """State of a business day: over and free of blockers, over and blocked, not over, or closed."""

    CLOSED = "closed"
    RUNNING = "running"
    BLOCKED = "blocked"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class Readiness:
    """The readiness board of a day.

    :ivar blockers: the codes with which a close would be refused.
    :ivar ends_at: end of the day by the tenant's clock.
    :ivar over: the store where the day ends last, and when; it may be in another time zone.
    :ivar held_events: open held events that count for the close. :ivar empty_days: days that would be closed with it.
    :ivar earliest_open: an earlier open day, which has to be closed first.
    :ivar reopened: the latest reopening; the hourly job does not close a reopened day.
    :ivar without_rate: currencies of clearing accounts that cannot be valued at the day's end.
    :ivar drawers: unclosed drawers that were opened before the day ended in their store.
    """

    day: date
    state: DayState
    starts_at: datetime
    ends_at: datetime
    over: Ending
    closed_at: datetime | None
    blockers: Sequence[str]
    held_events: HeldFigures
    empty_days: EmptyDays
    earliest_open: date | None
    reopened: Reopening | None
    without_rate: Sequence[str]
    drawers: Sequence[OpenDrawer]


def check_readiness(tenant: Tenant, day: date, *, now: datetime) -> Readiness:
    """Read the board of a day; a handful of statements, whatever the size of the books.

    :raises ledgersafe.values.errors.DomainError: as `plan_for`.
    """
    plan = plan_for(tenant, day)
    is_closed = not plan.is_open
    events = HeldFigures(0, 0, {}, []) if is_closed else open_figures(held_span(plan))
    drawers = [] if is_closed else open_drawers(tenant.id, plan.clocks, day)
    without_rate = (
        [] if is_closed else positions.currencies_without_rate(tenant.id, day, at=plan.ends_at - LAST_INSTANT)
    )
    checks = {
        "DAY_NOT_OVER": now < plan.over.at,
        "EARLIER_DAY_OPEN": plan.earliest_open is not None,
        "DAY_NOT_READY": events.open > 0,
        "DRAWERS_OPEN": bool(drawers),
        "FX_RATE_MISSING": bool(without_rate),
    }
    blockers = [] if is_closed else [code for code, blocks in checks.items() if blocks]
    return Readiness(
        day=day,
        state=_state(is_closed, blockers),
        starts_at=plan.clocks.span(day)[0],
        ends_at=plan.ends_at,
        over=plan.over,
        closed_at=plan.period.closed_at if plan.period else None,
        blockers=blockers,
        held_events=events,
        empty_days=EmptyDays(day, day) if is_closed else plan.empty_days,
        earliest_open=None if is_closed else plan.earliest_open,
        reopened=last_reopening(tenant.id, plan.period.pk) if plan.period and plan.period.reopened_at else None,
        without_rate=without_rate,
        drawers=drawers,
    )


def held_span(plan: DayPlan) -> HeldSpan:
    """The span of held events that count for a close: the day and the empty days before it."""
    after, through = plan.counted_after, plan.closed_through
    return HeldSpan.of(plan.tenant.id, plan.clocks, plan.day, after=after, closed_through=through)


def _state(is_closed: bool, blockers: Sequence[str]) -> DayState:
    if is_closed:
        return DayState.CLOSED
    if "DAY_NOT_OVER" in blockers:
        return DayState.RUNNING
    return DayState.BLOCKED if blockers else DayState.READY


def amounts(at_risk: Sequence[Money]) -> list[dict[str, str]]:
    """Money per currency as JSON: `[{"ccy": "USD", "amount": "42.50"}]`."""
    return [{"ccy": money.currency, "amount": to_decimal_text(money.minor, money.currency)} for money in at_risk]
