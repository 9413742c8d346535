"""Finding the originals of events: locked, with their content and everything that counts against them.

A dozen statements for any number of events. Two returns of one sale must not both find it whole: the second to lock
the sale's key waits, and then reads what the first one took. Keys are locked in their order, as ingest does.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from django.db.models import Exists, OuterRef

from ledger.chart import AccountRef
from ledger.drafts import DraftLine
from ledger.models import Journal, Posting
from ledgersafe.db import require_transaction
from pos.bronze import read_arrival
from pos.contract import Event, Hold, References
from pos.headers import Figures
from pos.models import EventKey, EventVersion, KeyStatus, RawEvent, Sale, SaleReference
from pos.originals import Original
from pos.usage import CORRECTION, VOID, Reference, Usage, Used, usage_of

_FIGURES: Final = [field.name for field in fields(Figures)]


@dataclass(frozen=True, slots=True)
class Made:
    """A reference and the journal and event that made it."""

    journal_id: int
    event_key: str
    reference: Reference


class NotYet(Exception):
    """The sale is corrected by an event that was ruled on just now: to be asked again when that is written."""


class Originals:
    """Originals as they stand now, and as they will once what was ruled on is written (`count`)."""

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
        if lock:
            require_transaction()
        self._tenant_id = tenant_id
        self._base_currency = base_currency
        self._by_transaction = self._find_transactions(events)
        about = {key for event in events for key in self._keys_of(event)}
        named = about | set(also)
        outgoing = self._made_by(named)
        roots = named | {made.reference.original_key for rows in outgoing.values() for made in rows}
        self._keys = self._read_keys(roots, lock=lock)
        self._outgoing = self._made_by(named) if lock else outgoing
        self._made = self._made_of(roots)
        self._read_contents(roots - (set(also) - about))

    # ── Answers ─────────────────────────────────────────────────────────────────────────────────
    def of(self, event: Event, *, without: int | None = None) -> Original | Hold:
        """What the event refers to, or why it is held.

        :param without: a journal that is about to be reversed: what it took does not count.
        :raises NotYet: it was corrected by an event that is counted, and not written yet.
        """
        if self.is_ambiguous(event):
            return Hold("MISSING_REFERENCE", "Several sales have that transaction: name the original_event_id.")
        name = next(iter(self._keys_of(event)), None)
        key = self._standing(name)
        if name is None or key is None:
            return Hold("MISSING_REFERENCE", f"A {event.event_type} waits for the sale it refers to.")
        if key.journal_id is None:
            return Hold("CANNOT_EXCEED_ORIGINAL", f"{name} moved no money: there is nothing to take back.")
        return self._original(name, key, without)

    def is_ambiguous(self, event: Event) -> bool:
        """Whether several sales have the transaction the event names."""
        return len(self._keys_of(event)) > 1

    def usage_of(self, key: str, *, without: int | None = None) -> Usage:
        """What counts against a key."""
        return usage_of(made.reference for made in self._made[key] if made.journal_id != without)

    def currency_of(self, journal_id: int) -> str | None:
        """What an event that stands was made in."""
        event = self._events.get(journal_id)
        return event.currency if event is not None else None

    def count(self, event_key: str, references: Iterable[Reference]) -> None:
        """Of an event that was ruled on: for those that are ruled on after it."""
        for reference in references:
            self._made[reference.original_key].append(Made(0, event_key, reference))

    # ── Putting together ────────────────────────────────────────────────────────────────────────
    def _original(self, name: str, key: EventKey, without: int | None) -> Original | Hold:
        made = next((made for made in self._outgoing.get(name, ()) if made.journal_id == key.journal_id), None)
        if made is not None and made.reference.kind == CORRECTION:
            name = made.reference.original_key
            root = self._standing(name)
            assert root is not None  # noqa: S101  a corrected sale stands: guard sale_references_original_stands
            key = root
        usage = self.usage_of(name, without=without)
        journal_id = self._correction_of(name) if usage.number[CORRECTION] > 0 else key.journal_id
        event = self._events.get(journal_id or 0)
        journal, figures = self._journals.get(journal_id or 0), self._figures.get(journal_id or 0)
        if event is None or journal is None or figures is None:
            return Hold("PROCESSING_FAILED", f"What {name} posted cannot be read.")
        undoes = None
        if made is not None and made.reference.kind not in {CORRECTION, VOID}:
            given = made.reference
            undoes = replace(given, sign=-given.sign, amount_minor=-given.amount_minor)
        lines = tuple(self._lines[journal.id])
        return Original(name, event, journal.id, journal.business_date, lines, figures, usage, undoes)

    def _standing(self, name: str | None) -> EventKey | None:
        key = self._keys.get(name or "")
        return key if key is not None and key.status == KeyStatus.PROCESSED else None

    def _correction_of(self, name: str) -> int:
        journals = [made.journal_id for made in self._made[name] if made.reference.kind == CORRECTION]
        if 0 in journals:
            raise NotYet
        return max(journals)

    def _keys_of(self, event: Event) -> Collection[str]:
        named = event.references or References(None, None)
        if named.event_id is not None:
            return {named.event_id}
        return self._by_transaction.get((event.store_code, named.txn_id or ""), frozenset())

    # ── Reading ─────────────────────────────────────────────────────────────────────────────────
    def _find_transactions(self, events: Iterable[Event]) -> Mapping[tuple[str, str], set[str]]:
        """Keys of sales that stand, by (store, transaction)."""
        wanted = {
            (event.store_code, event.references.txn_id)
            for event in events
            if event.references is not None and event.references.event_id is None
        }
        if not wanted:
            return {}
        stands = EventKey.objects.filter(
            tenant_id=self._tenant_id, idempotency_key=OuterRef("event_key"), journal_id=OuterRef("journal_id")
        )
        rows = Sale.objects.filter(
            Exists(stands), tenant_id=self._tenant_id, event_type="SALE", sign=1, txn_id__in={txn for _, txn in wanted}
        )
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for store, txn, key in rows.values_list("store_code", "txn_id", "event_key"):
            if (store, txn) in wanted:
                found[store, txn].add(key)
        return found

    def _made_by(self, keys: Collection[str]) -> dict[str, list[Made]]:
        """References by the event that makes them; of a void only that it voids."""
        rows = SaleReference.objects.filter(tenant_id=self._tenant_id, event_key__in=keys, sign=1) if keys else ()
        found: dict[str, list[Made]] = defaultdict(list)
        for row in rows:
            found[row.event_key].append(_made(row))
        return found

    def _made_of(self, keys: Collection[str]) -> dict[str, list[Made]]:
        """References by what they are of."""
        rows = SaleReference.objects.filter(tenant_id=self._tenant_id, original_key__in=keys) if keys else ()
        found: dict[str, list[Made]] = defaultdict(list)
        for row in rows:
            found[row.original_key].append(_made(row))
        return found

    def _read_keys(self, names: Collection[str], *, lock: bool) -> dict[str, EventKey]:
        rows = EventKey.objects.filter(tenant_id=self._tenant_id, idempotency_key__in=names)
        if lock:
            rows = rows.select_for_update(of=("self",))
        return {key.idempotency_key: key for key in rows.order_by("idempotency_key")} if names else {}

    def _read_contents(self, wanted: Collection[str]) -> None:
        """The journals that stand, and the events they were made of: of what is wanted, or has anything about it."""
        corrections = {
            made.event_key for rows in self._made.values() for made in rows if made.reference.kind == CORRECTION
        }
        own = [key for name, key in self._keys.items() if name in wanted or self._made[name]]
        keys = [*own, *self._read_keys(corrections, lock=False).values()]
        standing = {key.journal_id: key for key in keys if key.journal_id is not None}
        bodies = self._read_bodies(list(standing.values()))
        self._events = {
            journal_id: event
            for journal_id, key in standing.items()
            if (body := bodies.get(key.id)) is not None
            and isinstance(event := read_arrival(body, base_currency=self._base_currency).verdict, Event)
        }
        tenant = {"tenant_id": self._tenant_id}
        self._journals: dict[int, Journal] = {}
        self._figures: dict[int, Figures] = {}
        self._lines: dict[int, list[DraftLine]] = defaultdict(list)
        if not standing:
            return
        self._journals = {row.id: row for row in Journal.objects.filter(**tenant, id__in=standing)}
        for journal_id, *figures in Sale.objects.filter(**tenant, journal__in=standing).values_list(
            "journal_id", *_FIGURES
        ):
            self._figures[journal_id] = Figures(*figures)
        for journal_id, role, currency, qualifier, amount in (
            Posting.objects.filter(**tenant, journal__in=standing)
            .order_by("journal_id", "line_no")
            .values_list("journal_id", "account__role", "currency", "account__qualifier", "amount_minor")
        ):
            self._lines[journal_id].append(DraftLine(AccountRef(role, currency, qualifier), amount))

    def _read_bodies(self, keys: Sequence[EventKey]) -> dict[int, bytes]:
        """The effective payload of each key: as it arrived, or as an operator patched it."""
        raw = {key.effective_raw_id: key for key in keys if key.effective_raw_id is not None}
        rows = RawEvent.objects.filter(tenant_id=self._tenant_id, id__in=raw) if raw else ()
        bodies = {raw[row.id].id: bytes(row.raw_body) for row in rows}
        versions = EventVersion.objects.filter(
            tenant_id=self._tenant_id, event_key__in=keys, patched_body__isnull=False
        )
        effective = {key.id: bytes(key.effective_hash or b"") for key in keys}
        for version in versions if keys else ():
            if bytes(version.payload_hash) == effective[version.event_key_id]:
                bodies[version.event_key_id] = str(version.patched_body).encode()
        return bodies


def _made(row: Any) -> Made:
    lines = tuple(Used.read(line) for line in row.lines)
    reference = Reference(row.original_key, row.kind, row.sign, row.amount_minor, row.base_journal_id, lines)
    return Made(row.journal_id, row.event_key, reference)
