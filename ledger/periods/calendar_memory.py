"""Cache tenants' calendars in the process, so that a transfer needs no statement to find its business day.

Days are the spans between the tenant's cut-offs. Events in a store are dated by the store's clock: a store in another
time zone may start or end a day hours before the tenant does.

Time zone and cut-off never change once there is a business day. The posting statement compares the tenant's version all
the same, and answers `stale` when the cached one is out of date.
"""

import threading
import time as clock
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from django.conf import settings

from ledger.calendar import business_days
from ledger.periods import periods
from ledger.refusals import BeforeBooksStart
from ledgersafe.tenants.models import Store, Tenant
from ledgersafe.values.errors import InvalidParameter

_TENANTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Calendar:
    """A tenant's time zone, cut-off and first day, valid until `expires_at` (monotonic seconds)."""

    tenant_id: int
    version: int
    time_zone: str
    cut_off: time
    books_start: date
    expires_at: float

    def day_of(self, instant: datetime, *, store: Store | None = None) -> date:
        """Return the business day of an instant, by the tenant's clock or a store's."""
        zone = (store.time_zone if store is not None else "") or self.time_zone
        return business_days.business_date_of(instant, time_zone=zone, cut_off=self.cut_off)

    def end_of(self, day: date) -> datetime:
        """Return the instant at which a business day is over."""
        return business_days.span_of(day, time_zone=self.time_zone, cut_off=self.cut_off)[1]

    def open_day(self, day: date) -> bool:
        """Open the day unless it exists; operation. :returns: False when it is closed, or lies before a closed one.

        :raises ledger.refusals.books.BeforeBooksStart: the books start later.
        :raises ledgersafe.values.errors.InvalidParameter: clocks skipped the date.
        """
        if day < self.books_start:
            # Ask again before refusing: another process may have moved the start to an earlier day since. It never
            # moves to a later one once there is a day.
            start = Tenant.objects.values_list("books_start", flat=True).get(pk=self.tenant_id)
            if day < start:
                raise BeforeBooksStart(f"The books start on {start}; nothing is posted before.", books_start=str(start))
        if not business_days.is_business_day(day, time_zone=self.time_zone, cut_off=self.cut_off):
            raise InvalidParameter(f"There was no {day} in {self.time_zone}: clocks skipped it.")
        return periods.open_day(self.tenant_id, day, time_zone=self.time_zone, cut_off=self.cut_off)


_lock = threading.Lock()
_cache: OrderedDict[int, Calendar] = OrderedDict()


def calendar_of(tenant_id: int) -> Calendar:
    """Return a tenant's calendar, from the cache or else from the database."""
    cached = _cache.get(tenant_id)
    if cached is not None and cached.expires_at > clock.monotonic():
        return cached
    tenant = Tenant.objects.get(pk=tenant_id)
    calendar = Calendar(
        tenant_id=tenant_id,
        version=tenant.version,
        time_zone=tenant.time_zone,
        cut_off=time(tenant.cut_off_hour, tenant.cut_off_minute),
        books_start=tenant.books_start,
        expires_at=clock.monotonic() + settings.DIRECTORY_TTL_SECONDS,
    )
    with _lock:
        _cache[tenant_id] = calendar
        while len(_cache) > _TENANTS:
            _cache.popitem(last=False)
    return calendar


def forget(tenant_id: int) -> None:
    """Drop a tenant's cached calendar: it is out of date."""
    with _lock:
        _cache.pop(tenant_id, None)
