"""Cards of a closed business day: its close, the accountant packs."""

from typing import Any

from django.urls import reverse

from ledger.models import Period
from ledgersafe.backoffice.pages import Card, Cell
from recon import packs
from recon.closing import queries
from recon.models import DayClose, DayPack


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
