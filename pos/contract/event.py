"""Values of the wire contract: an event, its parts, and why it is held. Frozen, in minor units and UTC."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec

from ledgersafe.tenants import event_types

EVENT_TYPES: Final = frozenset(event_types.NAMES)
TENDER_METHODS: Final = frozenset(["CASH", "CARD", "EXTERNAL", "GIFT_CARD", "STORE_CREDIT", "HOUSE_ACCOUNT"])


class Hold(msgspec.Struct, frozen=True, gc=False):
    """The reason why an event goes before a person: a code of `docs/reason-codes.md`, and what to look at."""

    reason_code: str
    message: str
    #: Problems of single fields, each `{"pointer": "/tenders/0/amount", "message": "…"}` (RFC 6901 pointers).
    errors: tuple[Mapping[str, str], ...] = ()


class LineItem(msgspec.Struct, frozen=True, gc=False):
    """A line of the basket; `amount_minor` before discounts and exclusive tax."""

    sku: str
    quantity: Decimal
    amount_minor: int
    category: str
    line_id: str = ""


class Tender(msgspec.Struct, frozen=True, gc=False):
    """A payment; `amount_minor` is what is kept, net of change, in its own currency."""

    method: str
    amount_minor: int
    currency: str
    processor: str
    #: The payment's name elsewhere, like an authorisation; empty when the event names none.
    reference: str = ""


class TaxLine(msgspec.Struct, frozen=True, gc=False):
    """A tax by code and rate (canonical text, `0.2`); inclusive tax is already in the lines."""

    code: str
    rate: str
    amount_minor: int
    inclusive: bool


class References(msgspec.Struct, frozen=True, gc=False):
    """The name of the original of an event: its event id, or its transaction in the same store."""

    event_id: str | None
    txn_id: str | None


class Event(msgspec.Struct, frozen=True, gc=False):
    """A well-formed event, in minor units of `currency`. Instants are aware and in UTC.

    :ivar business_date: the till's own; None where the till leaves it to the books.
    :ivar total_minor: None where the till sends none.
    :ivar pays_cash: an event without tenders says that it was paid in cash.
    """

    schema_version: str
    store_code: str
    source_system: str
    event_id: str
    event_type: str
    occurred_at: datetime
    txn_id: str
    source_event_id: str | None
    register_code: str | None
    business_date: date | None
    currency: str
    total_minor: int | None
    lines: tuple[LineItem, ...]
    tenders: tuple[Tender, ...]
    taxes: tuple[TaxLine, ...]
    discounts_minor: tuple[int, ...]
    tips_minor: tuple[int, ...]
    service_charges_minor: tuple[int, ...]
    reason: str
    pays_cash: bool
    references: References | None = None
    device_id: str | None = None
    #: The number the device gives the event, from 1, without gaps.
    device_seq: int | None = None
