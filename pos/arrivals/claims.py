"""Read the claims of an arrival: besides its event id, the source system's id and the device's number of the event.

Each claim belongs to one key. Unique indexes hold that; here claims are read, and a clash gets its reason.
"""

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db.models import Q

from pos.arrivals.arrival import Arrival
from pos.contract import Event, Hold, fields
from pos.models import EventKey

#: ("source", source system, source event id) or ("device", device, the device's number).
Claim = tuple[str, str, str | int]


def source_of(arrival: Arrival) -> tuple[str, str] | None:
    """Return (source system, source event id) when the arrival names both."""
    event = arrival.reading
    if isinstance(event, Event):
        return None if event.source_event_id is None else (event.source_system, event.source_event_id)
    system, source_id = arrival.payload.get("source_system"), arrival.payload.get("source_event_id")
    return (system, source_id) if type(system) is str and type(source_id) is str else None


def number_of(arrival: Arrival) -> tuple[str, int] | None:
    """Return (device, number) when both are well-formed, whatever else is wrong: then the number is not missing."""
    event = arrival.reading
    if isinstance(event, Event):
        return (event.device_id, event.device_seq) if event.device_id and event.device_seq else None
    number = arrival.payload.get("device_seq")
    if number is None:
        return None
    try:
        return fields.short_code(arrival.payload.get("device_id")), fields.sequence_number(number)
    except fields.Invalid:
        return None


def claims_of(arrival: Arrival) -> list[Claim]:
    """List the claims of an arrival."""
    source, number = source_of(arrival), number_of(arrival)
    claims: list[Claim] = [] if source is None else [("source", *source)]
    return claims if number is None else [*claims, ("device", *number)]


def clashes_of(tenant_id: int, arrivals: Sequence[Arrival]) -> list[Hold]:
    """Give a reason for each arrival whose claim belongs to another key, in order.

    One statement when some name a device's number, else none.
    """
    numbers_by_device: dict[str, set[int]] = {}
    for arrival in arrivals:
        if (number := number_of(arrival)) is not None:
            numbers_by_device.setdefault(number[0], set()).add(number[1])
    owners: dict[tuple[str, int], EventKey] = {}
    if numbers_by_device:
        devices = [Q(device_id=device, device_seq__in=numbers) for device, numbers in numbers_by_device.items()]
        for key in EventKey.objects.filter(reduce(or_, devices), tenant_id=tenant_id):
            owners[str(key.device_id), int(key.device_seq or 0)] = key
    return [_clash(arrival, owners) for arrival in arrivals]


def _clash(arrival: Arrival, owners: dict[tuple[str, int], EventKey]) -> Hold:
    """Tell a source event id that came before from a device's number that came before.

    An arrival with both claims of one other event is that event under another id.
    """
    number, source = number_of(arrival), source_of(arrival)
    owner = owners.get(number) if number is not None else None
    if number is None or owner is None or source == (owner.source_system, owner.source_event_id):
        message = f"source_event_id {arrival.payload.get('source_event_id')!r} has come under another event_id already."
        return Hold("DUPLICATE_SOURCE_EVENT_ID", message)
    device, seq = number
    message = f"Number {seq} of device {device!r} belongs to event {owner.idempotency_key!r} already."
    return Hold("SEQUENCE_GAP", f"{message} Was the device copied or reset?")
