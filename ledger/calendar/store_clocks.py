"""By which clocks a business day ends: the tenant's, and those of its stores in other time zones.

The row of a day (`Period`) has the tenant's span, so that days tile one time line. What happened in a store belongs to
the day of the store's clock: its day begins and ends at the same local time, hours before or after the tenant's. A day
is over when it is over everywhere.
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
    """Where a day ends last: the instant, and the time zone; `store_code` empty: the tenant's own."""

    at: datetime
    time_zone: str
    store_code: str = ""

    @property
    def place(self) -> str:
        """In words."""
        return f"in store {self.store_code} ({self.time_zone})" if self.store_code else f"({self.time_zone})"


@dataclass(frozen=True, slots=True)
class Clocks:
    """`zones`: by code, of the stores in another time zone than the tenant's."""

    time_zone: str
    cut_off: time
    zones: Mapping[str, str]

    @classmethod
    def of(cls, tenant: Tenant) -> "Clocks":
        """One statement."""
        return cls(tenant.time_zone, time(tenant.cut_off_hour, tenant.cut_off_minute), own_zones(tenant))

    def span(self, day: date) -> tuple[datetime, datetime]:
        """[start, end) of a business day of the tenant, in UTC."""
        return span_of(day, time_zone=self.time_zone, cut_off=self.cut_off)

    def end(self, day: date, store_code: str = "") -> datetime:
        """The instant at which a day is over: by the tenant's clock, or a store's."""
        return self._end(day, self.zones.get(store_code, self.time_zone))

    def last_end(self, day: date) -> Ending:
        """Where the day ends last. Of places that end it at once: the tenant's own, or the first store by code."""
        first_of = {zone: code for code, zone in sorted(self.zones.items(), reverse=True)}
        endings = [Ending(self._end(day, zone), zone, code) for zone, code in first_of.items()]
        endings.sort(key=lambda one: one.store_code)
        return max([Ending(self.end(day), self.time_zone), *endings], key=lambda one: one.at)

    def ends(self, **days: date | None) -> list[dict[str, Any]]:
        """Of every store in another time zone, as JSON: its code, and by name the end of each of these days there."""
        by_zone = {
            zone: {name: self._end(day, zone).isoformat() if day else None for name, day in days.items()}
            for zone in set(self.zones.values())
        }
        return [{"store": code} | by_zone[zone] for code, zone in sorted(self.zones.items())]

    def _end(self, day: date, zone: str) -> datetime:
        return span_of(day, time_zone=zone, cut_off=self.cut_off)[1]
