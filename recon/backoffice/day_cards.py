"""Cards of a business day's page: the readiness board, the close, the accountant packs."""

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from ledger.models import Period
from ledgersafe.backoffice.pages import Badge, Button, Card, Cell
from recon import packs
from recon.closing import Readiness, queries
from recon.closing.empty_days import EmptyDays
from recon.closing.open_drawers import cash_in
from recon.models import DayClose, DayPack

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


def closed_cards(period: Period) -> list[Card]:
    """A closed day: its close, and the pack of every close, newest first."""
    closes = queries.get_closes(period.tenant_id, period.business_date)
    facts: list[tuple[str, Any]] = [("Closed", f"{period.closed_at:%Y-%m-%d %H:%M:%S} UTC")]
    for close in closes[:1]:
        facts += [("By", close.actor), *(_covered_facts(close) if close.covered_by else _close_facts(close))]
        facts += [("Notes", close.notes)] if close.notes else []
    record = queries.last_reopening(period.tenant_id, period.pk)
    if record is not None:
        facts.append(("Reopened before", f"{record.reopened_at:%Y-%m-%d %H:%M} UTC by {record.actor}: {record.reason}"))
    return [Card("Close", facts=facts), *(pack_card(period, close) for close in closes)]


def _close_facts(close: DayClose) -> list[tuple[str, Any]]:
    return [
        ("Account balances saved", f"{close.accounts:,}"),
        ("Held events left undecided", f"{close.open_exceptions:,}"),
    ]


def _covered_facts(close: DayClose) -> list[tuple[str, Any]]:
    """A day without sales: its balances are saved with the later day that covers it."""
    assert close.covered_by is not None  # noqa: S101  the caller has looked
    url = reverse("day-close", args=[close.covered_by.period_id])
    return [("Closed with", Cell(str(close.covered_by.business_date), url=url, small="no sales on this day"))]


def pack_card(period: Period, close: DayClose) -> Card:
    """The pack of a close: a link and the SHA-256 of every file, once they are on record."""
    pack = DayPack.objects.filter(tenant_id=period.tenant_id, close=close).first()
    absent = "–" if close.covered_by else "not on record yet"
    hashes: dict[str, str] = pack.files if pack else dict.fromkeys(packs.names_of(close), absent)
    query = "" if close.stands else f"?revision={close.revision}"
    rows = [
        [Cell(name, url=reverse("day-pack", args=[period.pk, name]) + query), Cell(sha256, mono=True)]
        for name, sha256 in sorted(hashes.items())
    ]
    rows += [[Cell("All files"), Cell(pack.sha256, mono=True)]] if pack else []
    title = "Accountant pack" + (f", issue {close.revision}" if close.revision > 1 or not close.stands else "")
    return Card(title, headers=["File", "SHA-256"], rows=rows, note=_pack_note(close, pack), wide=True)


def _pack_note(close: DayClose, pack: DayPack | None) -> str:
    if not close.stands:
        return f"Superseded: the day was reopened. Closed {close.closed_at:%Y-%m-%d %H:%M} UTC by {close.actor}."
    if close.covered_by and pack is None:
        return f"The pack of {close.covered_by.business_date} includes this day; its hashes are in the audit log."
    return "Files are reproducible byte for byte; hashes are in the audit log."
