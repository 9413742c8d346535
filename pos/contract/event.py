"""Values of the wire contract: an event, its parts, and why it is held. Frozen, in minor units and UTC."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec

EVENT_TYPES: Final = frozenset(
    [
        "SALE",
        "RETURN",
        "VOID",
        "CANCEL",
        "CORRECTION",
        "PAID_IN",
        "PAID_OUT",
        "PAYOUT",
        "CASH_DROP",
        "TIP_ADJUST",
        "NO_SALE",
    ]
)
TENDER_METHODS: Final = frozenset(["CASH", "CARD", "EXTERNAL", "GIFT_CARD", "STORE_CREDIT", "HOUSE_ACCOUNT"])


class Hold(msgspec.Struct, frozen=True, gc=False):
    """Why an event goes before a person: a reason code and what to look at."""

    reason_code: str
    message: str
    #: Problems found, each `{"pointer": "/tenders/0/amount", "message": "…"}` (RFC 6901 pointers).
    errors: tuple[Mapping[str, str], ...] = ()


class LineItem(msgspec.Struct, frozen=True, gc=False):
    """A line of the basket; `amount_minor` before discounts and exclusive tax."""

    sku: str
    quantity: Decimal
    amount_minor: int
    category: str
    line_id: str = ""


class Tender(msgspec.Struct, frozen=True, gc=False):
    """What was paid with; `amount_minor` is what is kept, net of change."""

    method: str
    amount_minor: int
    currency: str
    processor: str
    #: What the payment is called elsewhere; empty when nothing was said.
    reference: str = ""


class TaxLine(msgspec.Struct, frozen=True, gc=False):
    """A tax by code and rate; inclusive tax is already in the lines."""

    code: str
    rate: str
    amount_minor: int
    inclusive: bool


class References(msgspec.Struct, frozen=True, gc=False):
    """The event this one is about: by its id, or by the transaction it rang up in the same store."""

    event_id: str | None
    txn_id: str | None


class Event(msgspec.Struct, frozen=True, gc=False):
    """One well-formed event, in minor units of `currency`. Times are aware and in UTC."""

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
    #: The device's own number of the event.
    device_seq: int | None = None
