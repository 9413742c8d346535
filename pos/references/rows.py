"""Encode the question of `pos_originals_v1`, and decode its answer. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ledger.accounts import AccountRef
from ledger.journals import DraftLine
from ledgersafe.values import exact_json
from ledgersafe.values.exact_json import UnreadableBody
from ledgersafe.values.plain_json import read_plain
from pos.contract import Event, References, read_event, read_ordinary
from pos.models.figures import Figures
from pos.references.usage import Reference, UsedLine

#: Of an event that names no original.
NO_REFERENCES: Final = References(None, None)


@dataclass(frozen=True, slots=True)
class RecordedReference:
    """A reference, and the journal and event that made it; journal 0 is not written yet."""

    journal_id: int
    event_key: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class PostedContent:
    """A journal in the books, and the event it was made of."""

    event: Event
    business_date: date
    lines: tuple[DraftLine, ...]
    figures: Figures | None


def question_of(events: Collection[Event], also: Collection[str]) -> dict[str, Any]:
    """Encode which keys and transactions the events name. :param also: keys to find besides."""
    references = [(event.store_code, event.references or NO_REFERENCES) for event in events]
    transactions = {
        (store, named.txn_id) for store, named in references if named.event_id is None and named.txn_id is not None
    }
    return {
        "keys": list({named.event_id for _, named in references if named.event_id is not None}),
        "transactions": list(transactions),
        "also": list(also),
        "own": [event.event_id for event in events],
    }


def recorded_reference(row: list[Any]) -> RecordedReference:
    """Decode one row of `sale_references`."""
    event_key, journal_id, original_key, kind, sign, amount_minor, base_journal_id, lines = row
    used = tuple(UsedLine.from_row(line) for line in lines)
    reference = Reference(original_key, kind, sign, amount_minor, base_journal_id, used)
    return RecordedReference(journal_id, event_key, reference)


def posted_content(row: list[Any], base_currency: str) -> PostedContent | None:
    """Decode the content of a journal; None when its event cannot be read.

    :param row: business date, effective body in hex, figures, lines.
    """
    day, body, figures, lines = row
    event = _event(bytes.fromhex(body), base_currency) if body is not None else None
    if event is None or day is None:
        return None
    draft_lines = (
        DraftLine(AccountRef(role, currency, qualifier), amount) for role, currency, qualifier, amount in lines or ()
    )
    posted_figures = Figures(*figures) if figures is not None else None
    return PostedContent(event, date.fromisoformat(day), tuple(draft_lines), posted_figures)


def _event(body: bytes, base_currency: str) -> Event | None:
    """Read the event of a body that was accepted once: no fingerprint and no search for card numbers again."""
    ordinary = read_ordinary(body, base_currency=base_currency) if read_plain(body) is not None else None
    if ordinary is not None:
        return ordinary
    try:
        event = read_event(exact_json.parse_object(exact_json.decode(body)), base_currency=base_currency)
    except UnreadableBody:
        return None
    return event if isinstance(event, Event) else None
