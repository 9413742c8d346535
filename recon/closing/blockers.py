"""Check what stands against closing a day, before anything is locked; each refusal with its figures."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ledger.fx import positions
from recon.closing.close_refusals import CurrencyWithoutRate, DayNotOver, DayNotReady, DrawersOpen, EarlierDayOpen
from recon.closing.days import LAST_INSTANT, DayPlan
from recon.closing.held_events import HeldFigures, open_figures
from recon.closing.open_drawers import cash_in, open_drawers
from recon.closing.readiness import amounts, held_span


def refuse_blocked(plan: DayPlan, *, now: datetime, force: bool) -> None:
    """Refuse a day that cannot be closed; `force` overrides all but the calendar.

    Checked before the seal takes its locks, so that a refused close makes no sale wait. Events may be held between this
    and the seal: `close` counts them once more under its lock.

    :raises DayNotOver: it runs, or lies ahead. :raises EarlierDayOpen: an earlier day with journals is open.
    :raises DayNotReady: held events are undecided. :raises DrawersOpen: drawers are open.
    :raises CurrencyWithoutRate: a clearing account cannot be valued.
    """
    if now < plan.over.at:
        ends_at, place = iso(plan.over.at), f" {plan.over.place}" if plan.over.store_code else ""
        raise DayNotOver(f"Business day {plan.day} ends at {ends_at}{place}.", ends_at=ends_at)
    if plan.earliest_open is not None:
        raise EarlierDayOpen(
            f"Business day {plan.earliest_open} is still open; days are closed in order.",
            earliest_open=plan.earliest_open.isoformat(),
        )
    if force:
        return
    events = open_figures(held_span(plan))
    if events.open:
        raise not_ready(events)
    drawers = open_drawers(plan.tenant.id, plan.clocks, plan.day)
    if drawers:
        raise DrawersOpen(
            f"{len(drawers)} drawer{'s are' if len(drawers) > 1 else ' is'} open, the first since "
            f"{iso(drawers[0].opened_at)} at {drawers[0].register}.",
            open_drawers=len(drawers),
            expected_cash=amounts(cash_in(drawers)),
        )
    currencies = positions.currencies_without_rate(plan.tenant.id, plan.day, at=plan.ends_at - LAST_INSTANT)
    if currencies:
        raise without_rate(currencies)


def not_ready(events: HeldFigures) -> DayNotReady:
    """The refusal of a day with open held events, with their number, reasons and money at risk."""
    is_single = events.open == 1
    message = (
        f"{events.open} held event{'' if is_single else 's'} of the day wait{'s' if is_single else ''} for a decision."
    )
    return DayNotReady(message, **held_json(events))


def without_rate(currencies: Sequence[str]) -> CurrencyWithoutRate:
    """The refusal of a day whose clearing accounts in these currencies cannot be valued."""
    message = f"There is no usable rate for {', '.join(currencies)} at the end of the day; record one, or force."
    return CurrencyWithoutRate(message, currencies=list(currencies))


def held_json(events: HeldFigures) -> dict[str, Any]:
    """Figures of held events as refusals and the audit trail show them."""
    return {
        "open_exceptions": events.open,
        "undecided_arrivals": events.undecided_arrivals,
        "by_reason": events.by_reason,
        "at_risk": amounts(events.at_risk),
    }


def iso(instant: datetime | None) -> str | None:
    """ISO 8601 in UTC with a trailing Z; None stays None."""
    return instant.isoformat().replace("+00:00", "Z") if instant is not None else None
