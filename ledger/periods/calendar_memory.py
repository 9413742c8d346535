"""The calendar of a tenant as a process remembers it, so that a transfer need not ask which day it is.

Its days are spans between the tenant's cut-offs. What happens in a store is dated by the store's clock: that of a shop
in another time zone may begin or end a day hours before the tenant does.

Time zone and cut-off never change once there is a business day; the posting statement checks the tenant's version
all the same, and answers `stale` when it is another.
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
from ledger.refusals.books import BeforeBooksStart
from ledgersafe.tenants.models import Store, Tenant
from ledgersafe.values.errors import InvalidParameter

_TENANTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a tenant's days are cut."""

    tenant_id: int
    version: int
    time_zone: str
    cut_off: time
    books_start: date
    expires_at: float

    def day_of(self, instant: datetime, *, store: Store | None = None) -> date:
        """The business day of an instant: the tenant's, or by a store's clock."""
        zone = (store.time_zone if store is not None else "") or self.time_zone
        return business_days.business_date_of(instant, time_zone=zone, cut_off=self.cut_off)

    def end_of(self, day: date) -> datetime:
        """The instant at which a business day is over."""
        return business_days.span_of(day, time_zone=self.time_zone, cut_off=self.cut_off)[1]

    def open_day(self, day: date) -> bool:
        """Make sure the day exists; operation. :returns: False when it is closed, or lies before a closed one.

        :raises ledger.refusals.books.BeforeBooksStart: the books start later.
        :raises ledgersafe.values.errors.InvalidParameter: clocks skipped the date.
        """
        if day < self.books_start:
            # Another process may have them start earlier by now, and they never start later than a day there is.
            start = Tenant.objects.values_list("books_start", flat=True).get(pk=self.tenant_id)
            if day < start:
                raise BeforeBooksStart(f"The books start on {start}; nothing is posted before.", books_start=str(start))
        if not business_days.is_business_day(day, time_zone=self.time_zone, cut_off=self.cut_off):
            raise InvalidParameter(f"There was no {day} in {self.time_zone}: clocks skipped it.")
        return periods.open_day(self.tenant_id, day, time_zone=self.time_zone, cut_off=self.cut_off)


_lock = threading.Lock()
_known: OrderedDict[int, Calendar] = OrderedDict()


def of(tenant_id: int) -> Calendar:
    """A tenant's calendar: remembered, or read now."""
    known = _known.get(tenant_id)
    if known is not None and known.expires_at > clock.monotonic():
        return known
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
        _known[tenant_id] = calendar
        while len(_known) > _TENANTS:
            _known.popitem(last=False)
    return calendar


def forget(tenant_id: int) -> None:
    """What is remembered of this tenant turned out to be out of date."""
    with _lock:
        _known.pop(tenant_id, None)
