"""The shape of an ordinary event, as msgspec checks it in C while it decodes. Only `fast_reader` uses it.

The contract stands twice, here and in `reader`; property tests fail when a change forgets one of them (ADR 19).
"""

from typing import Annotated, Any, Final

import msgspec

from pos.contract import fields

_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=fields.MAX_TEXT)]
_Code = Annotated[str, msgspec.Meta(min_length=1, max_length=fields.MAX_CODE)]
_Note = Annotated[str, msgspec.Meta(max_length=fields.MAX_NOTE)]
_Number = Annotated[int, msgspec.Meta(ge=1, le=fields.MAX_SEQUENCE)]
#: A text, an integer, or a decimal; `fast_reader` checks its type and size.
Amount = Any


class Line(msgspec.Struct, gc=False):
    sku: _Text
    amount: Amount
    qty: Amount = None
    category: _Note | None = None
    line_id: int | _Text | None = None


class Tender(msgspec.Struct, gc=False):
    method: _Text
    amount: Amount
    currency: str | None = None
    processor: _Code | None = None
    reference: Any = None


class Tax(msgspec.Struct, gc=False):
    code: _Code
    amount: Amount
    rate: Amount = None
    inclusive: bool | None = None


class Discount(msgspec.Struct, gc=False):
    code: _Text
    amount: Amount


class Extra(msgspec.Struct, gc=False):
    amount: Amount


class References(msgspec.Struct, gc=False):
    original_event_id: _Text | None = None
    original_txn_id: _Text | None = None


_MANY: Final = msgspec.Meta(max_length=fields.MAX_ELEMENTS)


class Body(msgspec.Struct, gc=False):
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
    total_amount: Amount = None
    line_items: Annotated[list[Line], _MANY] | None = None
    tenders: Annotated[list[Tender], _MANY] | None = None
    tax_lines: Annotated[list[Tax], _MANY] | None = None
    discounts: Annotated[list[Discount], _MANY] | None = None
    tips: Annotated[list[Extra], _MANY] | None = None
    service_charges: Annotated[list[Extra], _MANY] | None = None
    reason: _Note | None = None
    method: Any = None
    payment_method: Any = None
    references: References | None = None
    device_id: _Code | None = None
    device_seq: _Number | None = None
