"""Read an arrival before the database is touched: parse, check, fingerprint, mask card numbers.

An `Arrival` has everything that `pos_receive_many_v1`, `pos_receive_alone_v1` and `pos_receive_v2` keep of it.
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
from pos.contract import MAX_TEXT, Event, Hold, amount_at_risk, read_event, read_event_id, read_ordinary

#: Headers kept with an arrival; never credentials or cookies.
KEPT_HEADERS: Final = (
    "Content-Type", "Content-Length", "Content-Encoding", "User-Agent", "X-Request-Id", "X-Forwarded-For",
    "Idempotency-Key", "X-Idempotency-Key", "Date", "X-Device-Time",
)  # fmt: skip
#: The same headers by their names in a WSGI environment.
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


class Arrival(msgspec.Struct, frozen=True):
    """An arrival as read; `reading` is its event, the reason why it is held, or why it is refused.

    `at_risk_minor` is the amount of the event in minor units of `currency`, for sorting held work. A redacted arrival
    keeps a masked body, the length of the received one, and a MAC of it in hex (`redacted_mac`) to know a retry by.
    """

    body: bytes
    event_id: str | None = None
    payload_hash: str = ""
    payload: Mapping[str, Any] = {}
    reading: Event | Hold | Refusal = _UNREAD
    at_risk_minor: int | None = None
    currency: str = ""
    redacted_mac: str | None = None
    raw_length: int | None = None
    #: Of a device with a wrong clock: the body's `occurred_at`, and the corrected one, which `reading` has too.
    claimed_at: datetime | None = None
    corrected_at: datetime | None = None


def read_arrival(body: bytes, *, base_currency: str, is_sent: bool = False) -> Arrival:
    """Parse, check and fingerprint one body. Nothing in a body makes it raise: `reading` says what is wrong.

    :param base_currency: the tenant's, for payloads that name none.
    :param is_sent: it comes from a client now; kept bodies may spell out longer numbers (`exact_json.parse_object`).
    """
    return _read_plain(body, base_currency) or _read_closely(body, base_currency, is_sent=is_sent)


def _read_plain(body: bytes, base_currency: str) -> Arrival | None:
    """Read an ordinary event in C; None for anything else, which is then read closely."""
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
    payload: Mapping[str, Any] = {}
    payload_hash, event_id = "", None
    try:
        document = exact_json.parse_object(exact_json.decode(body), is_sent=is_sent)
        canonical_text = exact_json.canonical_text(document)
        if card_numbers.contains_pan(canonical_text):
            return _redacted(body, canonical_text)
        payload, payload_hash = document, exact_json.fingerprint(canonical_text).hex()
        event_id = read_event_id(payload)
        reading = read_event(payload, base_currency=base_currency)
    except UnreadableBody as error:
        text = body.decode("utf-8", "replace")
        if card_numbers.contains_pan(text):
            return _redacted(body, text)
        return Arrival(body, event_id, payload_hash, payload, Refusal(400, error.code, error.message))
    return Arrival(
        body, event_id, payload_hash, payload, reading, *amount_at_risk(payload, base_currency=base_currency)
    )


def refused(body: bytes, refusal: Refusal) -> Arrival:
    """Make an arrival that is kept but not read: wrong media type, a batch that is no list."""
    text = body.decode("utf-8", "replace")
    return _redacted(body, text) if card_numbers.contains_pan(text) else Arrival(body, reading=refusal)


def kept_headers(meta: Mapping[str, Any]) -> dict[str, str]:
    """Pick the headers worth keeping, card numbers masked, 1,000 characters each. :param meta: a WSGI environment."""
    received = {name: str(meta[key]) for key, name in _KEPT_KEYS.items() if meta.get(key)}
    return {name: card_numbers.mask(value)[:1_000].replace("\x00", "") for name, value in received.items()}


class ArrivalFields(NamedTuple):
    """The columns of `events_raw` that describe an arrival beside its bytes."""

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
    """Describe an arrival by what it says, as far as Postgres can keep that."""
    event = arrival.reading
    payload_hash = bytes.fromhex(arrival.payload_hash) or None
    claimed_at = None if arrival.corrected_at is None else arrival.claimed_at
    if isinstance(event, Event):  # every text of an event was checked when it was read
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
    """Encode an arrival as `pos_capture_v1` reads it; ordinals count from 1."""
    row: dict[str, Any] = {"o": ordinal, "k": arrival.event_id, "hash": arrival.payload_hash or None}
    fields = fields_of(arrival)
    if fields.mac is not None:
        row |= {"mac": arrival.redacted_mac, "len": arrival.raw_length}
    row |= {short: value for short, value in zip(_SHORT, fields[2:8], strict=True) if value is not None}
    if fields.at is not None:
        row["at"] = fields.at.isoformat()
    if fields.claimed_at is not None:
        row["claimed"] = fields.claimed_at.isoformat()
    return row


def _searchable(value: object) -> str | None:
    return value if type(value) is str and len(value) <= MAX_TEXT and value.isprintable() else None


_SEARCHABLE: Final = ("schema_version", "store_id", "source_system", "source_event_id", "event_type", "txn_id")
_SHORT: Final = ("sv", "st", "ss", "se", "et", "tx")


def _redacted(body: bytes, text: str) -> Arrival:
    """Make an arrival that keeps no card number.

    :param text: in which the number was found; it is kept masked.
    """
    return Arrival(
        card_numbers.mask(text).encode("utf-8", "replace"),
        reading=Refusal(422, "PAN_DETECTED", "The payload contains a card number; it was not stored."),
        redacted_mac=card_numbers.mac(body).hex(),
        raw_length=len(body),
    )
