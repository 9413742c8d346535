"""Devices that number their events: which numbers arrived, which are missing, and why.

`fold` folds numbers into ranges, `gaps` cuts the holes between them (pure), `explain` is the use case of a person who
knows why numbers are missing, `queries` read for the API, the back office and the metric.
"""

from pos.devices.explain import AlreadyExplained, Missing, NotMissing, explain_gap
from pos.devices.fold import fold_all, fold_devices
from pos.devices.gaps import Gap, Hole, named
from pos.devices.queries import DeviceState, count_unexplained, device_after, list_devices, list_gaps, number_above

__all__ = [
    "AlreadyExplained",
    "DeviceState",
    "Gap",
    "Hole",
    "Missing",
    "NotMissing",
    "count_unexplained",
    "device_after",
    "explain_gap",
    "fold_all",
    "fold_devices",
    "list_devices",
    "list_gaps",
    "named",
    "number_above",
]
