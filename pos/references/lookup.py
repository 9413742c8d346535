"""Finding the originals of events: locked, with their content and everything that counts against them.

One statement for any number of events (`pos_originals_v1`). Two returns of one sale must not both find it whole: the
second to lock the sale's key waits, and then reads what the first one took. Keys are locked in their order, as ingest
does.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from ledger.accounts.chart import AccountRef
from ledger.journals.draft import DraftLine
from ledgersafe.postgres.db import StaleMemory, as_jsonb, ask, call
from ledgersafe.values import exact_json
from ledgersafe.values.exact_json import UnreadableBody
from ledgersafe.values.plain_json import read_plain
from pos.contract.event import Event, Hold, References
from pos.contract.fast_reader import read_ordinary
from pos.contract.reader import read_event
from pos.models import KeyStatus
from pos.models.figures import Figures
from pos.references.original import Original
from pos.references.usage import CORRECTION, VOID, Reference, Usage, UsedLine, usage_of

_NONE: Final = References(None, None)


@dataclass(frozen=True, slots=True)
class RecordedReference:
    """A reference and the journal and event that made it."""

    journal_id: int
    event_key: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class Content:
    """A journal that stands, and the event it was made of."""

    event: Event
    business_date: date
    lines: tuple[DraftLine, ...]
    figures: Figures | None


class CorrectionPending(Exception):
    """The sale is corrected by an event that was ruled on just now: to be asked again when that is written."""


class Originals:
    """Originals as they stand now, and as they will once what was ruled on is written (`count`).

    `known`: which of the events themselves have a key already.
    """

    def __init__(
        self,
        tenant_id: int,
        events: Collection[Event],
        *,
        base_currency: str,
        also: Collection[str] = (),
        lock: bool = True,
    ) -> None:
        """Find what the events are about. :param also: keys to find besides. :param lock: until commit, or not."""
        self._base_currency = base_currency
        told = (call if lock else ask)("pos_originals_v1", tenant_id, as_jsonb(_question(events, also)), lock)
        self.known = frozenset(told["own"])
        self._by_transaction: Mapping[tuple[str, str], set[str]] = defaultdict(set)
        for store, txn, key in told["transactions"]:
            self._by_transaction[store, txn].add(key)
        #: Of keys that stand, their journal: None of what moved no money.
        self._keys: dict[str, int | None] = {
            key: journal_id for key, status, journal_id in told["keys"] if status == KeyStatus.PROCESSED
        }
        self._outgoing: dict[str, list[RecordedReference]] = defaultdict(list)  # of a void only that it voids
        for made in map(_made, told["by"]):
            self._outgoing[made.event_key].append(made)
        self._made: dict[str, list[RecordedReference]] = defaultdict(list)
        for made in map(_made, told["of"]):
            self._made[made.reference.original_key].append(made)
        self._told: dict[int, list[Any]] = {journal_id: row for journal_id, *row in told["contents"]}
        self._contents: dict[int, Content | None] = {}

    # ── Answers ─────────────────────────────────────────────────────────────────────────────────
    def original_of(self, event: Event, *, without: int | None = None) -> Original | Hold:
        """What the event refers to, or why it is held.

        :param without: a journal that is about to be reversed: what it took does not count.
        :raises NotYet: it was corrected by an event that is counted, and not written yet.
        :raises ledgersafe.postgres.db.StaleDirectory: it became a correction while its key was waited for.
        """
        if self.is_ambiguous(event):
            return Hold("MISSING_REFERENCE", "Several sales have that transaction: name the original_event_id.")
        name = next(iter(self._keys_of(event)), None)
        if name is None or name not in self._keys:
            return Hold("MISSING_REFERENCE", f"A {event.event_type} waits for the sale it refers to.")
        journal_id = self._keys[name]
        if journal_id is None:
            return Hold("CANNOT_EXCEED_ORIGINAL", f"{name} moved no money: there is nothing to take back.")
        return self._original(name, journal_id, without)

    def is_ambiguous(self, event: Event) -> bool:
        """Whether several sales have the transaction the event names."""
        return len(self._keys_of(event)) > 1

    def usage_of(self, key: str, *, without: int | None = None) -> Usage:
        """What counts against a key."""
        return usage_of(made.reference for made in self._made[key] if made.journal_id != without)

    def currency_of(self, journal_id: int) -> str | None:
        """What an event that stands was made in."""
        content = self._content(journal_id)
        return content.event.currency if content is not None else None

    def count(self, event_key: str, references: Iterable[Reference]) -> None:
        """Of an event that was ruled on: for those that are ruled on after it."""
        for reference in references:
            self._made[reference.original_key].append(RecordedReference(0, event_key, reference))

    # ── Putting together ────────────────────────────────────────────────────────────────────────
    def _original(self, name: str, journal_id: int, without: int | None) -> Original | Hold:
        made = next((made for made in self._outgoing.get(name, ()) if made.journal_id == journal_id), None)
        if made is not None and made.reference.kind == CORRECTION:
            name = made.reference.original_key
            if name not in self._keys:
                # A corrected sale stands (guard sale_references_original_stands): it became one while we waited for
                # the correction's lock, and was not locked with it. From the start, then.
                raise StaleMemory
            journal_id = self._keys[name] or 0
        usage = self.usage_of(name, without=without)
        if usage.number[CORRECTION] > 0:
            journal_id = self._correction_of(name)
        content = self._content(journal_id)
        if content is None or content.figures is None:
            return Hold("PROCESSING_FAILED", f"What {name} posted cannot be read.")
        undoes = None
        if made is not None and made.reference.kind not in {CORRECTION, VOID}:
            given = made.reference
            undoes = replace(given, sign=-given.sign, amount_minor=-given.amount_minor)
        day, lines, figures = content.business_date, content.lines, content.figures
        return Original(name, content.event, journal_id, day, lines, figures, usage, undoes)

    def _correction_of(self, name: str) -> int:
        journals = [made.journal_id for made in self._made[name] if made.reference.kind == CORRECTION]
        if 0 in journals:
            raise CorrectionPending
        return max(journals)

    def _keys_of(self, event: Event) -> Collection[str]:
        named = event.references or _NONE
        if named.event_id is not None:
            return {named.event_id}
        return self._by_transaction.get((event.store_code, named.txn_id or ""), frozenset())

    def _content(self, journal_id: int) -> Content | None:
        """Read when it is asked for, and once; None of what does not stand or cannot be read."""
        if journal_id not in self._contents:
            row = self._told.get(journal_id)
            self._contents[journal_id] = _content(row, self._base_currency) if row is not None else None
        return self._contents[journal_id]


def _question(events: Collection[Event], also: Collection[str]) -> dict[str, Any]:
    """As `pos_originals_v1` reads it."""
    references = [(event.store_code, event.references or _NONE) for event in events]
    transactions = {
        (store, named.txn_id) for store, named in references if named.event_id is None and named.txn_id is not None
    }
    return {
        "keys": list({named.event_id for _, named in references if named.event_id is not None}),
        "transactions": list(transactions),
        "also": list(also),
        "own": [event.event_id for event in events],
    }


def _content(row: list[Any], base_currency: str) -> Content | None:
    """:param row: business date, effective body in hex, figures, lines."""
    day, body, figures, lines = row
    event = _event(bytes.fromhex(body), base_currency) if body is not None else None
    if event is None or day is None:
        return None
    return Content(
        event,
        date.fromisoformat(day),
        tuple(
            DraftLine(AccountRef(role, currency, qualifier), amount)
            for role, currency, qualifier, amount in lines or ()
        ),
        Figures(*figures) if figures is not None else None,
    )


def _event(body: bytes, base_currency: str) -> Event | None:
    """Of a body that was accepted once: what makes an arrival of it, hash and all, is not made again."""
    ordinary = read_ordinary(body, base_currency=base_currency) if read_plain(body) is not None else None
    if ordinary is not None:
        return ordinary
    try:
        event = read_event(exact_json.parse_object(exact_json.decode(body)), base_currency=base_currency)
    except UnreadableBody:
        return None
    return event if isinstance(event, Event) else None


def _made(row: list[Any]) -> RecordedReference:
    event_key, journal_id, original_key, kind, sign, amount_minor, base_journal_id, lines = row
    used = tuple(UsedLine.read(line) for line in lines)
    return RecordedReference(
        journal_id, event_key, Reference(original_key, kind, sign, amount_minor, base_journal_id, used)
    )
