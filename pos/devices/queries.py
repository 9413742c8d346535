"""Read devices and their gaps, as of the last fold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from ledgersafe.values import cursors
from ledgersafe.values.errors import NotFound
from pos.devices.gaps import Gap, Hole, named
from pos.models import Device, GapExplanation

#: Per device: its ranges, and the number of missing events that are explained.
_DEVICES: Final = """
SELECT d.tenant_id, d.device_id, d.store_code, d.last_received_at, r.first_seq, r.last_seq, r.seen, r.ranges - 1,
       r.last_seq - r.first_seq + 1 - r.seen, e.explained
FROM devices d
CROSS JOIN LATERAL (
    SELECT min(r.first_seq) AS first_seq, max(r.last_seq) AS last_seq, count(*) AS ranges,
           sum(r.last_seq - r.first_seq + 1) AS seen
    FROM device_ranges r WHERE r.tenant_id = d.tenant_id AND r.device_id = d.device_id) r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(x.last_seq - x.first_seq + 1 - came.number), 0) AS explained
    FROM device_gap_explanations x CROSS JOIN LATERAL (
        SELECT coalesce(sum(least(r.last_seq, x.last_seq) - greatest(r.first_seq, x.first_seq) + 1), 0) AS number
        FROM device_ranges r WHERE r.tenant_id = x.tenant_id AND r.device_id = x.device_id
          AND r.first_seq <= x.last_seq AND r.last_seq >= x.first_seq) came
    WHERE x.tenant_id = d.tenant_id AND x.device_id = d.device_id) e
"""
_OF_TENANT: Final = f"{_DEVICES} WHERE d.tenant_id = %s AND d.device_id > %s ORDER BY d.device_id LIMIT %s"
_UNEXPLAINED: Final = f"SELECT coalesce(sum(missing - explained), 0) FROM ({_DEVICES}) AS x({{}})"  # noqa: S608
_HOLES: Final = """
SELECT h.last_seq + 1, h.after - 1, k.first_seen_at
FROM (SELECT r.last_seq, lead(r.first_seq) OVER (ORDER BY r.first_seq) AS after FROM device_ranges r
      WHERE r.tenant_id = %(tenant)s AND r.device_id = %(device)s) h
JOIN events_processed k ON k.tenant_id = %(tenant)s AND k.device_id = %(device)s AND k.device_seq = h.after
     AND k.device_seq IS NOT NULL
WHERE h.after > %(above)s
ORDER BY 1 LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device with its counts. `missing` includes explained numbers."""

    tenant_id: int
    device_id: str
    store_code: str
    last_received_at: datetime
    first_seq: int
    last_seq: int
    events_seen: int
    missing_ranges: int
    missing: int
    explained: int


_NAMES: Final = ", ".join(DeviceState.__dataclass_fields__)


def list_devices(tenant_id: int, *, after: str = "", limit: int) -> list[DeviceState]:
    """List devices in order of id, after one; one statement."""
    return [_state(row) for row in _rows(_OF_TENANT, [tenant_id, after, limit])]


def list_gaps(tenant_id: int, device_id: str, *, above: int = 0, limit: int) -> tuple[list[Gap], int | None]:
    """List the gaps of a device in order, and the number the next page begins above, or None; three statements.

    :param limit: at most this many holes; a partly explained hole is several gaps.

    :raises NotFound: no such device.
    """
    if not Device.objects.filter(tenant_id=tenant_id, device_id=device_id).exists():
        raise NotFound("There is no such device.")
    parameters = {"tenant": tenant_id, "device": device_id, "above": above, "limit": limit + 1}
    holes = [Hole(first, last, since) for first, last, since in _rows(_HOLES, parameters)]
    visible = holes[:limit]
    explanations = GapExplanation.objects.filter(tenant_id=tenant_id, device_id=device_id)
    if visible:
        explanations = explanations.filter(first_seq__lte=visible[-1].last_seq, last_seq__gte=visible[0].first_seq)
    more = visible[-1].last_seq + 1 if len(holes) > limit else None
    return list(named(visible, explanations if visible else ())), more


def count_unexplained() -> int:
    """Count unexplained missing numbers of all devices, for the metric."""
    return int(_rows(_UNEXPLAINED.format(_NAMES), [])[0][0])


def device_after(cursor: Sequence[Any] | None) -> str:
    """Return the last device id of the previous page. :raises InvalidParameter: not a cursor of this list."""
    return "" if cursor is None else str(cursors.position(cursor, cursors.text)[0])


def number_above(cursor: Sequence[Any] | None) -> int:
    """Return the number the previous page ended at. :raises InvalidParameter: not a cursor of this list."""
    return 0 if cursor is None else int(cursors.position(cursor, cursors.number)[0])


def _rows(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _state(row: tuple[Any, ...]) -> DeviceState:
    tenant_id, device_id, store_code, last_received_at, *numbers = row
    return DeviceState(tenant_id, device_id, store_code, last_received_at, *(int(number) for number in numbers))
