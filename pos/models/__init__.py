"""Tables of this app, one file per layer.

`arrivals` has arrivals and outcomes (bronze), `event_keys` the gate's keys and versions, `sales`, `sale_content` and
`sale_content_marks` the sales as posted (silver), `daily_sales` their sums by day (gold), `devices` devices that number
their events, `baskets` fingerprints for near duplicates, `replay_jobs` bulk replays. `figures` is no table: it names
the columns of `sales` in order.
"""

from pos.models.arrivals import EventOutcome, RawEvent, Result
from pos.models.baskets import EventBasket
from pos.models.daily_sales import DailySales, DailySalesMark
from pos.models.devices import Device, DeviceRange, GapExplanation
from pos.models.event_keys import Disposition, EventKey, EventVersion, KeyStatus
from pos.models.replay_jobs import JobStatus, ReplayJob
from pos.models.sale_content import SaleLine, SaleTax, SaleTender, SaleTenderReference, _Part
from pos.models.sale_content_marks import SaleContentFailure, SaleContentMark
from pos.models.sales import EventWait, ReferenceKind, Sale, SaleReference

__all__ = [
    "DailySales",
    "DailySalesMark",
    "Device",
    "DeviceRange",
    "Disposition",
    "EventBasket",
    "EventKey",
    "EventOutcome",
    "EventVersion",
    "EventWait",
    "GapExplanation",
    "JobStatus",
    "KeyStatus",
    "RawEvent",
    "ReferenceKind",
    "ReplayJob",
    "Result",
    "Sale",
    "SaleContentFailure",
    "SaleContentMark",
    "SaleLine",
    "SaleReference",
    "SaleTax",
    "SaleTender",
    "SaleTenderReference",
    "_Part",
]
