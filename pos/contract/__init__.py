"""What a till may say: parsed JSON becomes an `Event`, or everything that is wrong with it is named. Pure.

In: a payload as exact JSON (`read_event`), or the bytes of an ordinary event (`read_ordinary`: the same in C, None for
anything else). Out: an `Event` in minor units and UTC, or a `Hold` with a reason code. Callers: `pos.arrivals` when an
arrival comes, `pos.references` and the checks when a kept one is read again.

`event` has the values, `reader` and `fast_reader` (with its `shapes`) the two ways to read them, `fields` reads single
values of the wire, `refusals` are shared by later steps.
"""

from pos.contract.event import EVENT_TYPES, TENDER_METHODS, Event, Hold, LineItem, References, TaxLine, Tender
from pos.contract.fast_reader import read_ordinary
from pos.contract.fields import MAX_SEQUENCE, MAX_TEXT
from pos.contract.reader import amount_at_risk, read_event, read_event_id
from pos.contract.refusals import PanDetected

__all__ = [
    "EVENT_TYPES", "MAX_SEQUENCE", "MAX_TEXT", "TENDER_METHODS", "Event", "Hold", "LineItem", "PanDetected",
    "References", "TaxLine", "Tender", "amount_at_risk", "read_event", "read_event_id", "read_ordinary",
]  # fmt: skip
