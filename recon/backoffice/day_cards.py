"""Cards of an open business day: its readiness, its held events by reason."""

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from ledger.models import Period
from ledgersafe.backoffice.pages import Badge, Button, Card, Cell
from recon.backoffice.close_cards import pack_card
from recon.closing import Readiness, queries
from recon.closing.empty_days import EmptyDays
from recon.closing.open_drawers import cash_in

#: Badges of a day by its state (`readiness.DayState`).
STATE_BADGES = {
    "closed": Badge("closed", "success"),
    "ready": Badge("ready to close", "success"),
    "blocked": Badge("not ready", "warning"),
    "running": Badge("running", "info"),
}


def board_cards(period: Period, board: Readiness) -> list[Card]:
    """An open day: its readiness, held events by reason, and the packs of closes that were undone."""
    at_risk = ", ".join(f"{money.text} {money.currency}" for money in board.held_events.at_risk) or "none"
    facts: list[tuple[str, Any]] = [
        ("State", Cell("", badge=STATE_BADGES[board.state])),
        ("Ends", _end(board)),
        ("Held events", f"{board.held_events.open:,}"),
        ("Received but not posted", f"{board.held_events.undecided_arrivals:,}"),
        ("Money at risk", at_risk),
        ("Open drawers", _drawers(board)),
    ]
    if board.without_rate:
        facts.append(("Missing FX rates", ", ".join(board.without_rate)))
    if board.reopened:
        record = board.reopened
        facts.append(("Reopened", f"{record.reopened_at:%Y-%m-%d %H:%M} UTC by {record.actor}: {record.reason}"))
    if board.earliest_open:
        facts.append(("Close first", str(board.earliest_open)))
    if board.empty_days:
        facts.append(("Days without sales, closed with it", _days(board.empty_days)))
    closes = queries.get_closes(period.tenant_id, period.business_date)
    return [Card("Readiness", facts=facts), _held_card(period, board), *(pack_card(period, close) for close in closes)]


def _held_card(period: Period, board: Readiness) -> Card:
    query = urlencode({"state": "open", "tenant": period.tenant.slug})
    inbox = Button("Decide them", f"{reverse('admin:exceptions_exceptioncase_changelist')}?{query}", "inbox")
    rows = [[Cell(reason, mono=True), f"{number:,}"] for reason, number in sorted(board.held_events.by_reason.items())]
    return Card(
        "Held events by reason",
        headers=["Reason", "Events"],
        rows=rows,
        empty="Every event of the day is decided.",
        button=inbox if rows else None,
    )


def _end(board: Readiness) -> Cell:
    """When the day can be closed, and the store whose clock says so if it is not the tenant's."""
    return Cell(f"{board.over.at:%Y-%m-%d %H:%M} UTC", small=board.over.place if board.over.store_code else "")


def _days(empty: EmptyDays) -> str:
    """`2026-02-25 to 2026-02-27, 3 days`, or the one day."""
    return f"{empty.first} to {empty.last}, {len(empty):,} days" if len(empty) > 1 else str(empty.first)


def _drawers(board: Readiness) -> str:
    """`2 with 130.00 USD`: how many drawers, and the cash that should be in them."""
    cash = ", ".join(f"{money.text} {money.currency}" for money in cash_in(board.drawers))
    return f"{len(board.drawers):,} with {cash}" if board.drawers else "none"
