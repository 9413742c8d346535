"""Which days a close covers: the day itself, and the days before it that nobody sold on and that have no row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Max, Min

from ledger.models import Period, PeriodStatus
from ledger.periods import last_closed_date
from ledgersafe.errors import DomainError, InvalidParameter, NotFound
from ledgersafe.tenants.models import Tenant
from recon.clocks import Clocks, Ending

#: Locks on days count from here.
EARLIEST: Final = date(2000, 1, 1)
#: Before the end of a day, which is not of it: the instant by whose rates it is valued.
LAST_INSTANT: Final = timedelta(microseconds=1)
#: So many empty days are closed with one; more look like a slip of the pen.
MAX_EMPTY_DAYS: Final = 400


class TooManyEmptyDays(DomainError):
    """Between this day and the last one that has journals lie too many empty days; close a nearer day first."""

    code = "TOO_MANY_EMPTY_DAYS"
    http_status = 409


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What closing a day would cover.

    :ivar days: days to close, oldest first; the last one is the day itself, those before it are empty.
    :ivar ends_at: by the tenant's clock. :ivar over: where it ends last; only then can it be closed.
    :ivar counted_after: held events count from the end of this day; None: from the beginning of time.
    :ivar closed_through: the last closed day; None: nothing was ever closed.
    """

    tenant: Tenant
    day: date
    period: Period | None
    clocks: Clocks
    ends_at: datetime
    over: Ending
    days: Sequence[date]
    counted_after: date | None
    closed_through: date | None
    earliest_open: date | None

    @property
    def empty_days(self) -> Sequence[date]:
        return self.days[:-1]


def plan_for(tenant: Tenant, day: date) -> DayPlan:
    """What closing this day would cover.

    :raises InvalidParameter: no day of ours. :raises NotFound: it lies before closed days and was never opened.
    :raises TooManyEmptyDays: it is too far from the days before it.
    """
    if not EARLIEST <= day < date.max:
        raise InvalidParameter(f"date must be a day from {EARLIEST} on.")
    period = Period.objects.filter(tenant=tenant, business_date=day).first()
    last_closed = last_closed_date(tenant.id)
    if period is None and last_closed is not None and day <= last_closed:
        raise NotFound(f"Nothing was ever posted on {day}, and days after it are closed.")
    earlier = Period.objects.filter(tenant=tenant, business_date__lt=day)
    before: date | None = earlier.aggregate(last=Max("business_date"))["last"]
    missing = (day - before).days - 1 if before is not None else 0
    if missing > MAX_EMPTY_DAYS:
        raise TooManyEmptyDays(last_day=before.isoformat() if before else None)
    clocks = Clocks.of(tenant)
    return DayPlan(
        tenant=tenant,
        day=day,
        period=period,
        clocks=clocks,
        ends_at=clocks.end(day),
        over=clocks.last_end(day),
        days=[day - timedelta(days=back) for back in range(missing, -1, -1)],
        counted_after=before,
        closed_through=last_closed,
        earliest_open=earlier.filter(status=PeriodStatus.OPEN).aggregate(first=Min("business_date"))["first"],
    )
