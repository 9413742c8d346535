"""Every table of this app, one file per layer.

`arrivals` is what came and what became of it (bronze), `sales`, `sale_content` and `sale_content_marks` what it was in
the books (silver), `daily_sales` its sums by day (gold), `devices` who numbers events, `baskets` what near duplicates
are found by. `figures` is no table: it holds the columns of `sales` in their order.
"""

from pos.models.arrivals import (
    Disposition,
    EventKey,
    EventOutcome,
    EventVersion,
    JobStatus,
    KeyStatus,
    RawEvent,
    ReplayJob,
    Result,
)
from pos.models.baskets import EventBasket
from pos.models.daily_sales import DailySales, DailySalesMark
from pos.models.devices import Device, DeviceRange, GapExplanation
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
