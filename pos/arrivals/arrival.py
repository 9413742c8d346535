"""Reading an arrival before the database is touched: what came, what it says, and what it would do if its key is new.

An `Arrival` is everything the SQL functions of `migrations/sql/0002_gate.sql` need to keep the bytes and act on them.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import msgspec

from ledgersafe.values import card_numbers, exact_json
from ledgersafe.values.exact_json import UnreadableBody
from ledgersafe.values.plain_json import read_plain
from pos.contract.event import Event, Hold
from pos.contract.fast_reader import read_ordinary
from pos.contract.fields import MAX_TEXT
from pos.contract.reader import amount_at_risk, read_event, read_event_id

#: Headers kept with an arrival; never credentials or cookies.
KEPT_HEADERS: Final = (
    "Content-Type", "Content-Length", "Content-Encoding", "User-Agent", "X-Request-Id", "X-Forwarded-For",
    "Idempotency-Key", "X-Idempotency-Key", "Date", "X-Device-Time",
)  # fmt: skip


_KEPT_KEYS: Final = {
    ("" if name.startswith("Content-") and name != "Content-Encoding" else "HTTP_")
    + name.upper().replace("-", "_"): name
    for name in KEPT_HEADERS
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An arrival the device must not send again as it is: kept in bronze, answered as a problem."""

    status: int
    code: str
    message: str


_UNREAD: Final = Refusal(400, "MALFORMED_JSON", "")


class Arrival(msgspec.Struct):
    """One arrival as read. `verdict` is what is to be done with it if its key is new."""

    body: bytes
    event_id: str | None = None
    payload_hash: str = ""
    payload: Mapping[str, Any] = {}
    reading: Event | Hold | Refusal = _UNREAD
    at_risk_minor: int | None = None
    currency: str = ""
    redacted_mac: str | None = None
    raw_length: int | None = None
    #: Of a device whose clock is wrong: what the body says, and the right instant, which `verdict` has too.
    claimed_at: datetime | None = None
    corrected_at: datetime | None = None


def read_arrival(body: bytes, *, base_currency: str, is_sent: bool = False) -> Arrival:
    """Parse, check and fingerprint one body. Never raises for what the body says: a verdict tells it.

    :param is_sent: it comes from a client now; what we keep may spell out longer numbers (`exact_json.parse_object`).
    """
    return _read_plain(body, base_currency) or _read_closely(body, base_currency, is_sent=is_sent)


def _read_plain(body: bytes, base_currency: str) -> Arrival | None:
    """An ordinary event, read in C; None: anything else, to be looked at closely."""
    plain = read_plain(body)
    if plain is None or card_numbers.may_contain_pan(plain.canonical):
        return None
    event = read_ordinary(body, base_currency=base_currency)
    if event is None:
        return None
    return Arrival(
        body,
        event.event_id,
        hashlib.sha256(plain.canonical).hexdigest(),
        plain.value,
        event,
        None if event.total_minor is None else abs(event.total_minor),
        event.currency,
    )


def _read_closely(body: bytes, base_currency: str, *, is_sent: bool = False) -> Arrival:
    arrival = Arrival(body)
    try:
        text = exact_json.decode(body)
        payload = exact_json.parse_object(text, is_sent=is_sent)
        canonical_text = exact_json.canonical_text(payload)
        if card_numbers.contains_pan(canonical_text):
            return _redacted(arrival, body, canonical_text)
        arrival.payload = payload
        arrival.payload_hash = exact_json.fingerprint(canonical_text).hex()
        arrival.event_id = read_event_id(payload)
        arrival.reading = read_event(payload, base_currency=base_currency)
    except UnreadableBody as error:
        if card_numbers.contains_pan(body.decode("utf-8", "replace")):
            return _redacted(arrival, body, body.decode("utf-8", "replace"))
        arrival.reading = Refusal(400, error.code, error.message)
        return arrival
    arrival.at_risk_minor, arrival.currency = amount_at_risk(payload, base_currency=base_currency)
    return arrival


def refused(body: bytes, refusal: Refusal) -> Arrival:
    """An arrival that is kept, but not read: wrong media type, a batch that is no list."""
    arrival = Arrival(body, reading=refusal)
    text = body.decode("utf-8", "replace")
    return _redacted(arrival, body, text) if card_numbers.contains_pan(text) else arrival


def kept_headers(meta: Mapping[str, Any]) -> dict[str, str]:
    """The received headers worth keeping, masked like everything else. :param meta: a WSGI environment."""
    found = {name: str(meta[key]) for key, name in _KEPT_KEYS.items() if meta.get(key)}
    return {name: card_numbers.mask(value)[:1_000].replace("\x00", "") for name, value in found.items()}


class ArrivalFields(NamedTuple):
    """What is kept of an arrival beside its bytes, as `events_raw` has it."""

    key: str | None
    payload_hash: bytes | None
    schema_version: str | None
    store: str | None
    system: str | None
    source_id: str | None
    event_type: str | None
    txn_id: str | None
    at: datetime | None
    claimed_at: datetime | None
    mac: bytes | None
    length: int | None


def fields_of(arrival: Arrival) -> ArrivalFields:
    """What an arrival says of itself, as far as it can be kept."""
    event = arrival.reading
    payload_hash = bytes.fromhex(arrival.payload_hash) or None
    claimed_at = None if arrival.corrected_at is None else arrival.claimed_at
    if isinstance(event, Event):  # whose every text was looked at
        return ArrivalFields(
            arrival.event_id, payload_hash, event.schema_version, event.store_code, event.source_system,
            event.source_event_id, event.event_type, event.txn_id, arrival.corrected_at or event.occurred_at,
            claimed_at, None, None,
        )  # fmt: skip
    mac = bytes.fromhex(arrival.redacted_mac) if arrival.redacted_mac else None
    version, store, system, source_id, event_type, txn_id = map(_searchable, map(arrival.payload.get, _SEARCHABLE))
    return ArrivalFields(
        arrival.event_id, payload_hash, version, store, system, source_id, event_type, txn_id,
        arrival.corrected_at or arrival.claimed_at, claimed_at, mac, arrival.raw_length if mac else None,
    )  # fmt: skip


def as_row(arrival: Arrival, ordinal: int) -> dict[str, Any]:
    """The arrival as `pos_capture_v1` reads it; ordinal counts from 1."""
    row: dict[str, Any] = {"o": ordinal, "k": arrival.event_id, "hash": arrival.payload_hash or None}
    said = fields_of(arrival)
    if said.mac is not None:
        row |= {"mac": arrival.redacted_mac, "len": arrival.raw_length}
    row |= {short: value for short, value in zip(_SHORT, said[2:8], strict=True) if value is not None}
    if said.at is not None:
        row["at"] = said.at.isoformat()
    if said.claimed_at is not None:
        row["claimed"] = said.claimed_at.isoformat()
    return row


def _searchable(value: object) -> str | None:
    return value if type(value) is str and len(value) <= MAX_TEXT and value.isprintable() else None


_SEARCHABLE: Final = ("schema_version", "store_id", "source_system", "source_event_id", "event_type", "txn_id")
_SHORT: Final = ("sv", "st", "ss", "se", "et", "tx")


def _redacted(arrival: Arrival, body: bytes, text: str) -> Arrival:
    """Keep no card number: the text it was found in, masked, the body's length, and a MAC to know a retry by."""
    arrival.raw_length = len(body)
    arrival.redacted_mac = card_numbers.mac(body).hex()
    arrival.body = card_numbers.mask(text).encode("utf-8", "replace")
    arrival.reading = Refusal(422, "PAN_DETECTED", "The payload contains a card number; it was not stored.")
    arrival.payload, arrival.payload_hash, arrival.event_id = {}, "", None
    return arrival
