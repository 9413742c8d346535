"""Correct the instants a device claims by the clock it sends along. Pure.

A request may bear `X-Device-Time`, the device's clock at sending. Its distance from the receipt is taken for the
clock's error; three instants are kept: claimed, sent and received, and the corrected one beside them.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from pos.arrivals.arrival import Arrival
from pos.contract import Event, Hold, fields
from pos.rules import MAX_CLOCK_AHEAD

#: The header's name in a WSGI environment.
HEADER: Final = "HTTP_X_DEVICE_TIME"
#: A smaller distance may be the way through the network; a larger one is no clock that anybody set.
MIN_ERROR: Final = timedelta(seconds=60)
MAX_ERROR: Final = timedelta(days=366)


def sent_at(meta: Mapping[str, Any]) -> datetime | None:
    """Read the device's own clock at sending; None when absent or unreadable: no sale is refused for a header.

    :param meta: a WSGI environment.
    """
    text = meta.get(HEADER)
    if text is None:
        return None
    try:
        return fields.instant(text)
    except fields.Invalid:
        return None


def is_wrong(sent: datetime, received: datetime) -> bool:
    """Tell whether the clock is so far off that it is corrected."""
    return MIN_ERROR < abs(received - sent) <= MAX_ERROR


def corrected(claimed: datetime, *, sent: datetime, received: datetime) -> datetime | None:
    """Move a claimed instant by the clock's error, at most to the receipt; None beyond the ends of the calendar."""
    try:
        return min(claimed + (received - sent), received)
    except OverflowError:
        return None


def correct(arrival: Arrival, *, sent: datetime, received: datetime) -> Arrival:
    """Correct the instant an arrival claims, also of one that is held for another reason. Its fingerprint stays.

    An event that claims to have happened after it was sent cannot be corrected by that clock, and is held.
    """
    claimed = _claimed(arrival) if is_wrong(sent, received) else None
    if claimed is None:
        return arrival
    event = arrival.reading
    if claimed - sent > MAX_CLOCK_AHEAD:
        if isinstance(event, Event):
            event = Hold("CLOCK_SKEW", "occurred_at lies after the instant at which the device says it sent it.")
        return replace(arrival, claimed_at=claimed, reading=event)
    instant = corrected(claimed, sent=sent, received=received)
    if isinstance(event, Event) and instant is not None:
        event = replace(event, occurred_at=instant)
    return replace(arrival, claimed_at=claimed, corrected_at=instant, reading=event)


def as_kept(event: Event, claimed: datetime | None, right: datetime | None) -> Event:
    """Correct an event that is read again from a kept arrival; another instant, set by a person, stays as it is.

    :param claimed: the arrival's `occurred_at`. :param right: its `corrected_at`.
    """
    if right is None or event.occurred_at != claimed:
        return event
    return replace(event, occurred_at=right)


def _claimed(arrival: Arrival) -> datetime | None:
    if isinstance(arrival.reading, Event):
        return arrival.reading.occurred_at
    try:
        return fields.instant(arrival.payload.get("occurred_at"))
    except fields.Invalid:
        return None
