"""Read one event from parsed JSON: a frozen `Event`, or everything that is wrong with it.

Source: the customer's contract, section "Events". Unknown fields are kept in bronze and never assigned. Amounts
arrive in major units and leave as integer minor units of their currency; nothing is rounded.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from ledgersafe.values.exact_json import UnreadableBody
from ledgersafe.values.money import is_currency
from pos.contract import fields as wire
from pos.contract.event import EVENT_TYPES, TENDER_METHODS, Event, Hold, LineItem, References, TaxLine, Tender
from pos.contract.fields import MAX_ELEMENTS, MAX_TEXT, SUPPORTED_SCHEMA_VERSION, Invalid

T = TypeVar("T")


def read_event_id(payload: Mapping[str, Any]) -> str:
    """Read the idempotency key: 1–200 printable characters.

    :raises ledgersafe.values.exact_json.UnreadableBody: `EVENT_ID_UNUSABLE`; an event without an id cannot be held.
    """
    try:
        return wire.code(payload.get("event_id"), MAX_TEXT)
    except Invalid as error:
        raise UnreadableBody("EVENT_ID_UNUSABLE", f"event_id {error}.") from None


def read_event(payload: Mapping[str, Any], *, base_currency: str) -> Event | Hold:
    """Check one payload against the contract, and read its event.

    :param payload: as `exact_json.parse_object` gives it, numbers as exact text.
    :param base_currency: the tenant's, for payloads that name none.
    :returns: the event, or a hold that names every problem.
    :raises ledgersafe.values.exact_json.UnreadableBody: the event id is unusable.
    """
    read_event_id(payload)
    version = payload.get("schema_version")
    if type(version) is str and version and not SUPPORTED_SCHEMA_VERSION.fullmatch(version):
        return Hold("UNSUPPORTED_SCHEMA_VERSION", f"Schema version {version[:40]!r} is not known; 1.x is.")
    fields = _Fields(payload)
    event_type = fields.required("event_type", wire.text)
    fields.required("schema_version", wire.text)
    fields.required("tenant_id", wire.text)
    currency = fields.optional("currency", wire.text, base_currency)
    if not fields.errors and event_type not in EVENT_TYPES:
        return Hold("UNKNOWN_EVENT_TYPE", f"Event type {event_type[:40]!r} is not known.")
    if not fields.errors and not is_currency(currency):
        return Hold("UNKNOWN_CURRENCY", f"{currency[:10]!r} is not an ISO 4217 currency.")
    event = _read_body(fields, currency if is_currency(currency) else base_currency)
    if event.device_seq is not None and payload.get("device_id") is None:
        fields.add("/device_seq", "is a number of no device: device_id is missing")
    if fields.errors:
        return Hold("SCHEMA_VALIDATION_FAILED", _summary(fields.errors), tuple(fields.errors))
    for tender in event.tenders:
        if not is_currency(tender.currency):
            return Hold("UNKNOWN_CURRENCY", f"{tender.currency[:10]!r} is not an ISO 4217 currency.")
    return event


def amount_at_risk(payload: Mapping[str, Any], *, base_currency: str) -> tuple[int | None, str]:
    """Estimate the worth of a held event, for sorting an inbox: minor units (None if unreadable), currency."""
    currency = base_currency if payload.get("currency") is None else payload["currency"]
    if not is_currency(currency):
        return None, ""
    try:
        return abs(wire.money(payload.get("total_amount"), currency)), currency
    except Invalid:
        return None, currency


def _read_body(fields: "_Fields", currency: str) -> Event:
    payload = fields.payload

    def money(value: Any) -> int:
        return wire.money(value, currency)

    return Event(
        schema_version=payload.get("schema_version", ""),
        store_code=fields.required("store_id", wire.short_code),
        source_system=fields.required("source_system", wire.long_code),
        event_id=payload["event_id"],
        event_type=payload.get("event_type", ""),
        occurred_at=fields.required("occurred_at", wire.instant, datetime.min.replace(tzinfo=UTC)),
        txn_id=fields.required("txn_id", wire.long_code),
        source_event_id=fields.optional("source_event_id", wire.long_code, None),
        register_code=fields.optional("register_id", wire.short_code, None),
        business_date=fields.optional("business_date", wire.day, None),
        currency=currency,
        total_minor=fields.optional("total_amount", money, None),
        lines=fields.elements("line_items", lambda item: _line(item, money)),
        tenders=fields.elements("tenders", lambda item: _tender(item, currency)),
        taxes=fields.elements("tax_lines", lambda item: _tax(item, money)),
        discounts_minor=fields.elements("discounts", lambda item: _discount(item, money)),
        tips_minor=fields.elements("tips", lambda item: _member(item, "amount", money)),
        service_charges_minor=fields.elements("service_charges", lambda item: _member(item, "amount", money)),
        reason=fields.optional("reason", wire.note, ""),
        pays_cash=_pays_cash(payload),
        references=fields.optional("references", _references, None),
        device_id=fields.optional("device_id", wire.short_code, None),
        device_seq=fields.optional("device_seq", wire.sequence_number, None),
    )


class _Fields:
    """A payload that is read field by field; it collects every problem, so that one answer names them all."""

    __slots__ = ("errors", "payload")

    def __init__(self, payload: Mapping[str, Any]) -> None:
        self.payload = payload
        self.errors: list[dict[str, str]] = []

    def required(self, name: str, read: Callable[[Any], T], default: Any = "") -> T:
        if self.payload.get(name) is None:
            self.add(f"/{name}", "is missing")
            return default  # type: ignore[no-any-return]  # a placeholder: the errors are returned instead
        return self.optional(name, read, default)

    def optional(self, name: str, read: Callable[[Any], T], default: Any) -> T:
        value = self.payload.get(name)
        if value is None:  # null counts as absent
            return default  # type: ignore[no-any-return]
        try:
            return read(value)
        except Invalid as error:
            self.add(f"/{name}", str(error))
            return default  # type: ignore[no-any-return]

    def elements(self, name: str, read: Callable[[Mapping[str, Any]], T]) -> tuple[T, ...]:
        items = self.payload.get(name)
        if items is None:
            return ()
        if not isinstance(items, list):
            self.add(f"/{name}", "must be a list")
            return ()
        if len(items) > MAX_ELEMENTS:
            self.add(f"/{name}", f"must have at most {MAX_ELEMENTS} elements")
            return ()
        elements = (self._element(name, index, item, read) for index, item in enumerate(items))
        return tuple(element for element in elements if element is not None)

    def _element(self, name: str, index: int, item: Any, read: Callable[[Mapping[str, Any]], T]) -> T | None:
        try:
            if not isinstance(item, dict):
                raise Invalid("must be an object")
            return read(item)
        except Invalid as error:
            self.add(f"/{name}/{index}" + (f"/{error.field}" if error.field else ""), str(error))
            return None

    def add(self, pointer: str, message: str) -> None:
        """Note a problem."""
        self.errors.append({"pointer": pointer, "message": message})


def _member(item: Mapping[str, Any], name: str, read: Callable[[Any], T]) -> T:
    if item.get(name) is None:
        raise Invalid(f"{name} is missing", name)
    try:
        return read(item[name])
    except Invalid as error:
        raise Invalid(f"{name} {error}", name) from None


def _line(item: Mapping[str, Any], money: Callable[[Any], int]) -> LineItem:
    return LineItem(
        sku=_member(item, "sku", wire.text),
        quantity=_member(item, "qty", wire.decimal) if item.get("qty") is not None else Decimal(1),
        amount_minor=_member(item, "amount", money),
        category=_member(item, "category", wire.note).upper() if item.get("category") is not None else "",
        line_id=_member(item, "line_id", wire.number_or_code) if item.get("line_id") is not None else "",
    )


def _references(value: Any) -> References | None:
    """Read the name of the original; None when there is none in it."""
    if not isinstance(value, dict):
        raise Invalid("must be an object")
    names = [
        _member(value, name, wire.long_code) if value.get(name) is not None else None
        for name in ("original_event_id", "original_txn_id")
    ]
    return References(*names) if any(names) else None


def _tender(item: Mapping[str, Any], currency: str) -> Tender:
    name = "type" if item.get("method") is None and item.get("type") is not None else "method"
    method = _member(item, name, wire.text).upper()
    if method not in TENDER_METHODS:
        raise Invalid(f"{name} must be one of {', '.join(sorted(TENDER_METHODS))}", name)
    own_currency = currency if item.get("currency") is None else _member(item, "currency", wire.text)
    counted_in = own_currency if is_currency(own_currency) else currency
    return Tender(
        method=method,
        amount_minor=_member(item, "amount", lambda value: wire.money(value, counted_in)),
        currency=own_currency,
        processor=_member(item, "processor", wire.short_code) if item.get("processor") is not None else "",
        reference=wire.reference(item.get("reference")),
    )


def _tax(item: Mapping[str, Any], money: Callable[[Any], int]) -> TaxLine:
    inclusive = False if item.get("inclusive") is None else item["inclusive"]
    if not isinstance(inclusive, bool):
        raise Invalid("inclusive must be true or false", "inclusive")
    rate = item.get("rate")
    return TaxLine(
        code=_member(item, "code", wire.short_code),
        rate="" if rate is None else _member(item, "rate", wire.rate_text),
        amount_minor=_member(item, "amount", money),
        inclusive=inclusive,
    )


def _discount(item: Mapping[str, Any], money: Callable[[Any], int]) -> int:
    _member(item, "code", wire.text)
    return _member(item, "amount", money)


def _pays_cash(payload: Mapping[str, Any]) -> bool:
    """Tell whether an event without tenders says it was paid in cash (`method` or `payment_method`)."""
    method = payload.get("method") or payload.get("payment_method")
    return isinstance(method, str) and method.upper() == "CASH"


def _summary(errors: list[dict[str, str]]) -> str:
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{first['pointer']} {first['message']}{more}"
