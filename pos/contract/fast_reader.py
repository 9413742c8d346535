"""Read an ordinary event in C: types, lengths and shape are checked by msgspec while it decodes the bytes.

Only an event with nothing wrong is read here, and becomes the same `Event` as by `reader`; for anything else the answer
is None, and `reader` names the problems. ADR 19 has the measurement; property tests compare both readers.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

import msgspec

from ledgersafe.values.money import MoneyError, is_currency, plain_to_minor, to_minor
from ledgersafe.values.plain_json import exact
from pos.contract import fields, shapes
from pos.contract.event import EVENT_TYPES, TENDER_METHODS, Event, LineItem, References, TaxLine, Tender


class _Unusual(ValueError):
    """An event for the careful reader: perhaps wrong, perhaps only unusual."""


#: Errors by which an event turns out not to be ordinary.
_UNUSUAL: Final = (msgspec.DecodeError, ValueError, TypeError, RecursionError, MoneyError, fields.Invalid)
_decoder: Final = msgspec.json.Decoder(shapes.Body, float_hook=exact)
#: Bytes of an ordinary payload: printable ASCII.
_PRINTABLE: Final = bytes(range(0x20, 0x7F))


def read_ordinary(body: bytes, *, base_currency: str) -> Event | None:
    """Read an event as `reader.read_event` does; None when it is not ordinary.

    :param body: a plain document, see `ledgersafe.values.plain_json`.
    :param base_currency: the tenant's, for payloads that name none.
    """
    try:
        # All texts at once instead of one by one: no invisible character, and no text that begins with a blank.
        if b'" ' in body or not (body.translate(None, _PRINTABLE) == b"" or body.decode().isprintable()):
            return None
        payload = _decoder.decode(body)
        currency = payload.currency or base_currency
        if not _is_known(payload, currency):
            return None
        return _event(payload, currency)
    except _UNUSUAL:
        return None


def _is_known(payload: shapes.Body, currency: str) -> bool:
    """Tell whether type, version and currency are known; and a device's number has its device."""
    return (
        payload.event_type in EVENT_TYPES
        and (
            payload.schema_version == "1.0"
            or fields.SUPPORTED_SCHEMA_VERSION.fullmatch(payload.schema_version) is not None
        )
        and payload.currency != ""
        and is_currency(currency)
        and (payload.device_seq is None or payload.device_id is not None)
    )


def _event(payload: shapes.Body, currency: str) -> Event:
    method = payload.method or payload.payment_method
    references = payload.references
    if references is not None and not (references.original_event_id or references.original_txn_id):
        references = None
    return Event(
        schema_version=payload.schema_version,
        store_code=payload.store_id,
        source_system=payload.source_system,
        event_id=payload.event_id,
        event_type=payload.event_type,
        occurred_at=fields.instant(payload.occurred_at),
        txn_id=payload.txn_id,
        source_event_id=payload.source_event_id,
        register_code=payload.register_id,
        business_date=None if payload.business_date is None else fields.day(payload.business_date),
        currency=currency,
        total_minor=None if payload.total_amount is None else _minor(payload.total_amount, currency),
        lines=tuple([_line(item, currency) for item in payload.line_items]) if payload.line_items else (),
        tenders=tuple([_tender(item, currency) for item in payload.tenders]) if payload.tenders else (),
        taxes=tuple([_tax(item, currency) for item in payload.tax_lines]) if payload.tax_lines else (),
        discounts_minor=_amounts(payload.discounts, currency),
        tips_minor=_amounts(payload.tips, currency),
        service_charges_minor=_amounts(payload.service_charges, currency),
        reason=payload.reason or "",
        pays_cash=isinstance(method, str) and method.upper() == "CASH",
        references=References(references.original_event_id, references.original_txn_id) if references else None,
        device_id=payload.device_id,
        device_seq=payload.device_seq,
    )


def _line(item: shapes.Line, currency: str) -> LineItem:
    quantity, line_id = item.qty, item.line_id
    return LineItem(
        item.sku,
        Decimal(1) if quantity is None else _decimal(quantity),
        _minor(item.amount, currency),
        item.category.upper() if item.category else "",
        "" if line_id is None else str(line_id),
    )


def _tender(item: shapes.Tender, currency: str) -> Tender:
    method = item.method.upper()
    own = currency if item.currency is None else item.currency
    if method not in TENDER_METHODS or not is_currency(own):
        raise _Unusual
    return Tender(method, _minor(item.amount, own), own, item.processor or "", _reference(item.reference))


def _reference(value: Any) -> str:
    return "" if value is None else fields.reference(value)


def _tax(item: shapes.Tax, currency: str) -> TaxLine:
    rate = "" if item.rate is None else _rate(item.rate)
    return TaxLine(item.code, rate, _minor(item.amount, currency), item.inclusive or False)


def _amounts(items: list[shapes.Discount] | list[shapes.Extra] | None, currency: str) -> tuple[int, ...]:
    return tuple([_minor(item.amount, currency) for item in items]) if items else ()


@lru_cache(maxsize=1 << 15, typed=True)  # prices come again and again; typed, because True is no 1
def _minor(amount: shapes.Amount, currency: str) -> int:
    if type(amount) is int or type(amount) is Decimal:
        return to_minor(amount, currency)
    minor = plain_to_minor(amount, currency) if type(amount) is str else None
    if minor is None:
        raise _Unusual
    return minor


@lru_cache(maxsize=1 << 10, typed=True)
def _decimal(value: shapes.Amount) -> Decimal:
    return fields.decimal(value)


@lru_cache(maxsize=1 << 10, typed=True)
def _rate(value: shapes.Amount) -> str:
    return fields.rate_text(value)
