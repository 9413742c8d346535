"""The clocks that end a business day: the tenant's, and those of its stores in other time zones.

The row of a day (`Period`) has the tenant's span, so that days tile one time line. An event in a store belongs to the
day of the store's clock, which starts and ends at the same local time, hours before or after the tenant's. A day is
over when it is over everywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from ledger.calendar.business_days import span_of
from ledgersafe.tenants.models import Tenant
from ledgersafe.tenants.zones import own_zones


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a day in one place: the instant and the time zone; `store_code` is empty for the tenant."""

    at: datetime
    time_zone: str
    store_code: str = ""

    @property
    def place(self) -> str:
        """The place in words."""
        return f"in store {self.store_code} ({self.time_zone})" if self.store_code else f"({self.time_zone})"


@dataclass(frozen=True, slots=True)
class Clocks:
    """A tenant's clock and cut-off; `zones` has the time zones of stores that differ, by store code."""

    time_zone: str
    cut_off: time
    zones: Mapping[str, str]

    @classmethod
    def of(cls, tenant: Tenant) -> "Clocks":
        """Read a tenant's clocks. One statement."""
        return cls(tenant.time_zone, time(tenant.cut_off_hour, tenant.cut_off_minute), own_zones(tenant))

    def span(self, day: date) -> tuple[datetime, datetime]:
        """Return [start, end) of the tenant's business day, in UTC."""
        return span_of(day, time_zone=self.time_zone, cut_off=self.cut_off)

    def end(self, day: date, store_code: str = "") -> datetime:
        """Return the instant at which a day is over, by the tenant's clock or a store's."""
        return self._end(day, self.zones.get(store_code, self.time_zone))

    def last_end(self, day: date) -> Ending:
        """Return the last end of the day. Of equal ends, the tenant's or else that of the first store by code."""
        first_of = {zone: code for code, zone in sorted(self.zones.items(), reverse=True)}
        endings = [Ending(self._end(day, zone), zone, code) for zone, code in first_of.items()]
        endings.sort(key=lambda ending: ending.store_code)
        return max([Ending(self.end(day), self.time_zone), *endings], key=lambda ending: ending.at)

    def ends(self, **days: date | None) -> list[dict[str, Any]]:
        """Return the ends of the named days for every store in another time zone: `[{"store", name: end}]`."""
        by_zone = {
            zone: {name: self._end(day, zone).isoformat() if day else None for name, day in days.items()}
            for zone in set(self.zones.values())
        }
        return [{"store": code} | by_zone[zone] for code, zone in sorted(self.zones.items())]

    def _end(self, day: date, zone: str) -> datetime:
        return span_of(day, time_zone=zone, cut_off=self.cut_off)[1]
