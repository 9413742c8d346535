"""Find the originals of events: locked, with their content and everything that counts against them.

One statement for any number of events (`pos_originals_v1`). Two returns of one sale must not both find it whole: the
second to lock the sale's key waits, and then reads what the first one took. Keys are locked in their order, as intake
locks them, so that two transactions never wait for each other crosswise.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ledgersafe.postgres.db import StaleMemory, as_jsonb, ask, call
from pos.contract import Event, Hold
from pos.models import KeyStatus
from pos.references.original import Original
from pos.references.rows import (
    NO_REFERENCES,
    PostedContent,
    RecordedReference,
    posted_content,
    question_of,
    recorded_reference,
)
from pos.references.usage import CORRECTION, VOID, Reference, Usage, usage_of


class CorrectionPending(Exception):
    """The sale is corrected by an event that was decided just now: ask again when that one is written."""


class Originals:
    """Originals as they stand now, and as they will once the events counted by `count` are written.

    :ivar known: those of the events themselves that have a key already.
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
        """Read what the events are about; one statement.

        :param also: keys to read besides.
        :param lock: lock their keys until the commit (an operation then); or only read, to show what would happen.
        """
        self._base_currency = base_currency
        answer = (call if lock else ask)("pos_originals_v1", tenant_id, as_jsonb(question_of(events, also)), lock)
        self.known = frozenset(answer["own"])
        self._by_transaction: Mapping[tuple[str, str], set[str]] = defaultdict(set)
        for store, txn, key in answer["transactions"]:
            self._by_transaction[store, txn].add(key)
        #: Journals of the keys in the books; None of a key that moved no money.
        self._keys: dict[str, int | None] = {
            key: journal_id for key, status, journal_id in answer["keys"] if status == KeyStatus.PROCESSED
        }
        #: References by the event that makes them; of a void only that it voids.
        self._outgoing: dict[str, list[RecordedReference]] = defaultdict(list)
        for recorded in map(recorded_reference, answer["by"]):
            self._outgoing[recorded.event_key].append(recorded)
        #: References by the original they count against.
        self._incoming: dict[str, list[RecordedReference]] = defaultdict(list)
        for recorded in map(recorded_reference, answer["of"]):
            self._incoming[recorded.reference.original_key].append(recorded)
        self._rows: dict[int, list[Any]] = {journal_id: row for journal_id, *row in answer["contents"]}
        self._contents: dict[int, PostedContent | None] = {}

    # ── Answers ─────────────────────────────────────────────────────────────────────────────────
    def original_of(self, event: Event, *, without: int | None = None) -> Original | Hold:
        """Return the original of an event, or the reason why the event is held.

        :param without: a journal that is about to be reversed: its references do not count.
        :raises CorrectionPending: the original was corrected by an event that is counted, and not written yet.
        :raises ledgersafe.postgres.db.StaleMemory: it became a correction while its key was waited for.
        """
        if self.is_ambiguous(event):
            return Hold("MISSING_REFERENCE", "Several sales have that transaction: name the original_event_id.")
        key = next(iter(self._keys_of(event)), None)
        if key is None or key not in self._keys:
            return Hold("MISSING_REFERENCE", f"A {event.event_type} waits for the sale it refers to.")
        journal_id = self._keys[key]
        if journal_id is None:
            return Hold("CANNOT_EXCEED_ORIGINAL", f"{key} moved no money: there is nothing to take back.")
        return self._original(key, journal_id, without)

    def is_ambiguous(self, event: Event) -> bool:
        """Tell whether several sales have the transaction the event names."""
        return len(self._keys_of(event)) > 1

    def usage_of(self, key: str, *, without: int | None = None) -> Usage:
        """Sum up the references that count against a key. :param without: a journal whose references do not."""
        return usage_of(recorded.reference for recorded in self._incoming[key] if recorded.journal_id != without)

    def currency_of(self, journal_id: int) -> str | None:
        """Return the currency of the event a journal was made of; None when it cannot be read."""
        content = self._content(journal_id)
        return content.event.currency if content is not None else None

    def count(self, event_key: str, references: Iterable[Reference]) -> None:
        """Count the references of an event that was decided just now, for those that are decided after it."""
        for reference in references:
            self._incoming[reference.original_key].append(RecordedReference(0, event_key, reference))

    # ── Putting together ────────────────────────────────────────────────────────────────────────
    def _original(self, key: str, journal_id: int, without: int | None) -> Original | Hold:
        own = next((recorded for recorded in self._outgoing.get(key, ()) if recorded.journal_id == journal_id), None)
        if own is not None and own.reference.kind == CORRECTION:
            # A sale and its correction are one original: everything counts against the sale.
            key = own.reference.original_key
            if key not in self._keys:
                # A corrected sale stands (guard sale_references_original_stands): it became one while we waited for
                # the correction's lock, and was not locked with it. From the start, then.
                raise StaleMemory
            journal_id = self._keys[key] or 0
        usage = self.usage_of(key, without=without)
        if usage.number[CORRECTION] > 0:
            journal_id = self._correction_of(key)
        content = self._content(journal_id)
        if content is None or content.figures is None:
            return Hold("PROCESSING_FAILED", f"What {key} posted cannot be read.")
        undoes = None
        if own is not None and own.reference.kind not in {CORRECTION, VOID}:
            taken = own.reference
            undoes = replace(taken, sign=-taken.sign, amount_minor=-taken.amount_minor)
        day, lines, figures = content.business_date, content.lines, content.figures
        return Original(key, content.event, journal_id, day, lines, figures, usage, undoes)

    def _correction_of(self, key: str) -> int:
        journals = [recorded.journal_id for recorded in self._incoming[key] if recorded.reference.kind == CORRECTION]
        if 0 in journals:
            raise CorrectionPending
        return max(journals)

    def _keys_of(self, event: Event) -> Collection[str]:
        named = event.references or NO_REFERENCES
        if named.event_id is not None:
            return {named.event_id}
        return self._by_transaction.get((event.store_code, named.txn_id or ""), frozenset())

    def _content(self, journal_id: int) -> PostedContent | None:
        """Decode a journal's content, when it is needed, and once; None when it does not stand or cannot be read."""
        if journal_id not in self._contents:
            row = self._rows.get(journal_id)
            self._contents[journal_id] = posted_content(row, self._base_currency) if row is not None else None
        return self._contents[journal_id]
