"""Clocks of devices that are wrong: what a device says of its own clock when it sends corrects the instants it claims.

A request may bear `X-Device-Time`, the device's clock at sending. What lies between it and the receipt is taken for the
clock's error; three instants are kept: claimed, sent and received, and the corrected one beside them. Pure.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from pos.arrivals.arrival import Arrival
from pos.contract import fields
from pos.contract.event import Event, Hold
from pos.rules.business_day import MAX_CLOCK_AHEAD

#: As a WSGI environment names it.
HEADER: Final = "HTTP_X_DEVICE_TIME"
#: What lies below may be the way through the network; what lies above is no clock that anybody set.
MIN_ERROR: Final = timedelta(seconds=60)
MAX_ERROR: Final = timedelta(days=366)


def sent_at(meta: Mapping[str, Any]) -> datetime | None:
    """The device's own clock when it sent, or None: a sale is never refused for a header.

    :param meta: a WSGI environment.
    """
    said = meta.get(HEADER)
    if said is None:
        return None
    try:
        return fields.instant(said)
    except fields.Invalid:
        return None


def is_wrong(sent: datetime, received: datetime) -> bool:
    """Whether the clock is to be corrected."""
    return MIN_ERROR < abs(received - sent) <= MAX_ERROR


def corrected(claimed: datetime, *, sent: datetime, received: datetime) -> datetime | None:
    """The claimed instant by a right clock, never later than it was received; None when it cannot be told."""
    try:
        return min(claimed + (received - sent), received)
    except OverflowError:
        return None


def correct(arrival: Arrival, *, sent: datetime, received: datetime) -> None:
    """Correct what an arrival claims, also one that is held for something else. Its fingerprint stays its body's.

    What claims to have happened after it was sent cannot be corrected by that clock, and is held.
    """
    claimed = _claimed(arrival) if is_wrong(sent, received) else None
    if claimed is None:
        return
    event, arrival.claimed_at = arrival.reading, claimed
    if claimed - sent > MAX_CLOCK_AHEAD:
        if isinstance(event, Event):
            said = "occurred_at lies after the instant at which the device says it sent it."
            arrival.reading = Hold("CLOCK_SKEW", said)
        return
    arrival.corrected_at = right = corrected(claimed, sent=sent, received=received)
    if isinstance(event, Event) and right is not None:
        arrival.reading = replace(event, occurred_at=right)


def _claimed(arrival: Arrival) -> datetime | None:
    if isinstance(arrival.reading, Event):
        return arrival.reading.occurred_at
    try:
        return fields.instant(arrival.payload.get("occurred_at"))
    except fields.Invalid:
        return None


def as_kept(event: Event, claimed: datetime | None, right: datetime | None) -> Event:
    """An event read again from an arrival that was corrected; another instant, which a person set, is taken as it is.

    :param claimed: the arrival's `occurred_at`. :param right: its `corrected_at`.
    """
    if right is None or event.occurred_at != claimed:
        return event
    return replace(event, occurred_at=right)
