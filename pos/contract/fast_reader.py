"""The short way to read an ordinary event: types, lengths and shape are checked in C, while the bytes are read.

`contract` judges what may come and tells everything that is wrong. Here only an event with nothing wrong is read, and
it becomes the same `Event`; whatever else comes is None: ask `contract`.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from ledgersafe.values.money import MoneyError, is_currency, plain_to_minor, to_minor
from ledgersafe.values.plain_json import exact
from pos.contract import fields
from pos.contract.event import EVENT_TYPES, TENDER_METHODS, Event, LineItem, References, TaxLine, Tender

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=fields.MAX_TEXT)]
_Code = Annotated[str, msgspec.Meta(min_length=1, max_length=fields.MAX_CODE)]
_Note = Annotated[str, msgspec.Meta(max_length=fields.MAX_NOTE)]
_Number = Annotated[int, msgspec.Meta(ge=1, le=fields.MAX_SEQUENCE)]
#: A text, an integer, or a decimal; what it is, and of what size, is looked at when it is read.
_Amount = Any


class _Line(msgspec.Struct, gc=False):
    sku: _Text
    amount: _Amount
    qty: _Amount = None
    category: _Note | None = None
    line_id: int | _Text | None = None


class _Tender(msgspec.Struct, gc=False):
    method: _Text
    amount: _Amount
    currency: str | None = None
    processor: _Code | None = None
    reference: Any = None


class _Tax(msgspec.Struct, gc=False):
    code: _Code
    amount: _Amount
    rate: _Amount = None
    inclusive: bool | None = None


class _Discount(msgspec.Struct, gc=False):
    code: _Text
    amount: _Amount


class _Extra(msgspec.Struct, gc=False):
    amount: _Amount


class _References(msgspec.Struct, gc=False):
    original_event_id: _Text | None = None
    original_txn_id: _Text | None = None


_MANY: Final = msgspec.Meta(max_length=fields.MAX_ELEMENTS)


class _Body(msgspec.Struct, gc=False):
    event_id: _Text
    event_type: str
    schema_version: str
    tenant_id: _Text
    store_id: _Code
    source_system: _Text
    occurred_at: str
    txn_id: _Text
    source_event_id: _Text | None = None
    register_id: _Code | None = None
    business_date: str | None = None
    currency: str | None = None
    total_amount: _Amount = None
    line_items: Annotated[list[_Line], _MANY] | None = None
    tenders: Annotated[list[_Tender], _MANY] | None = None
    tax_lines: Annotated[list[_Tax], _MANY] | None = None
    discounts: Annotated[list[_Discount], _MANY] | None = None
    tips: Annotated[list[_Extra], _MANY] | None = None
    service_charges: Annotated[list[_Extra], _MANY] | None = None
    reason: _Note | None = None
    method: Any = None
    payment_method: Any = None
    references: _References | None = None
    device_id: _Code | None = None
    device_seq: _Number | None = None


class _Unusual(ValueError):
    """Not wrong perhaps, but not for here."""


#: What is no ordinary event is found out by any of these.
_UNUSUAL: Final = (msgspec.DecodeError, ValueError, TypeError, RecursionError, MoneyError, fields.Invalid)
_decoder: Final = msgspec.json.Decoder(_Body, float_hook=exact)
#: All that an ordinary payload is written in.
_PRINTABLE: Final = bytes(range(0x20, 0x7F))


def read_ordinary(body: bytes, *, base_currency: str) -> Event | None:
    """As `contract.read_event` of what the body says; None: ask that.

    :param body: a plain document, see `ledgersafe.values.plain_json`.
    :param base_currency: the tenant's, for payloads that name none.
    """
    try:
        # All text at once, instead of one by one: nothing invisible in it, and none that begins as if it were blank.
        if b'" ' in body or not (body.translate(None, _PRINTABLE) == b"" or body.decode().isprintable()):
            return None
        said = _decoder.decode(body)
        currency = said.currency or base_currency
        if not _is_known(said, currency):
            return None
        return _event(said, currency)
    except _UNUSUAL:
        return None


def _is_known(said: _Body, currency: str) -> bool:
    """Its type, version and currency; a device's number has its device."""
    return (
        said.event_type in EVENT_TYPES
        and (said.schema_version == "1.0" or fields.SUPPORTED_SCHEMA_VERSION.fullmatch(said.schema_version) is not None)
        and said.currency != ""
        and is_currency(currency)
        and (said.device_seq is None or said.device_id is not None)
    )


def _event(said: _Body, currency: str) -> Event:
    paid = said.method or said.payment_method
    references = said.references
    if references is not None and not (references.original_event_id or references.original_txn_id):
        references = None
    return Event(
        schema_version=said.schema_version,
        store_code=said.store_id,
        source_system=said.source_system,
        event_id=said.event_id,
        event_type=said.event_type,
        occurred_at=fields.instant(said.occurred_at),
        txn_id=said.txn_id,
        source_event_id=said.source_event_id,
        register_code=said.register_id,
        business_date=None if said.business_date is None else fields.day(said.business_date),
        currency=currency,
        total_minor=None if said.total_amount is None else _minor(said.total_amount, currency),
        lines=tuple([_line(item, currency) for item in said.line_items]) if said.line_items else (),
        tenders=tuple([_tender(item, currency) for item in said.tenders]) if said.tenders else (),
        taxes=tuple([_tax(item, currency) for item in said.tax_lines]) if said.tax_lines else (),
        discounts_minor=_amounts(said.discounts, currency),
        tips_minor=_amounts(said.tips, currency),
        service_charges_minor=_amounts(said.service_charges, currency),
        reason=said.reason or "",
        pays_cash=isinstance(paid, str) and paid.upper() == "CASH",
        references=References(references.original_event_id, references.original_txn_id) if references else None,
        device_id=said.device_id,
        device_seq=said.device_seq,
    )


def _line(item: _Line, currency: str) -> LineItem:
    quantity, line_id = item.qty, item.line_id
    return LineItem(
        item.sku,
        Decimal(1) if quantity is None else _decimal(quantity),
        _minor(item.amount, currency),
        item.category.upper() if item.category else "",
        "" if line_id is None else str(line_id),
    )


def _tender(item: _Tender, currency: str) -> Tender:
    method = item.method.upper()
    own = currency if item.currency is None else item.currency
    if method not in TENDER_METHODS or not is_currency(own):
        raise _Unusual
    return Tender(method, _minor(item.amount, own), own, item.processor or "", _reference(item.reference))


def _reference(value: Any) -> str:
    return "" if value is None else fields.reference(value)


def _tax(item: _Tax, currency: str) -> TaxLine:
    rate = "" if item.rate is None else _rate(item.rate)
    return TaxLine(item.code, rate, _minor(item.amount, currency), item.inclusive or False)


def _amounts(items: list[_Discount] | list[_Extra] | None, currency: str) -> tuple[int, ...]:
    return tuple([_minor(item.amount, currency) for item in items]) if items else ()


@lru_cache(maxsize=1 << 15, typed=True)  # True is no 1
def _minor(amount: _Amount, currency: str) -> int:
    """Prices come again and again."""
    if type(amount) is int or type(amount) is Decimal:
        return to_minor(amount, currency)
    minor = plain_to_minor(amount, currency) if type(amount) is str else None
    if minor is None:
        raise _Unusual
    return minor


@lru_cache(maxsize=1 << 10, typed=True)
def _decimal(value: _Amount) -> Decimal:
    return fields.decimal(value)


@lru_cache(maxsize=1 << 10, typed=True)
def _rate(value: _Amount) -> str:
    return fields.rate_text(value)
