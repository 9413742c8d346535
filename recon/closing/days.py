"""Which days a close covers: the day itself, and the days before it that nobody sold on and that have no row."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Max, Min

from ledger.calendar import Clocks, Ending
from ledger.models import Period, PeriodStatus
from ledger.periods import last_closed_date
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import InvalidParameter, NotFound
from recon.closing.empty_days import EmptyDays

#: Before the end of a day, which is not of it: the instant by whose rates it is valued.
LAST_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What closing a day would cover.

    :ivar empty_days: those before it that are closed with it.
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
    empty_days: EmptyDays
    counted_after: date | None
    closed_through: date | None
    earliest_open: date | None

    @property
    def is_open(self) -> bool:
        """Whether there is anything to close: nobody has yet, also if there is no row of it."""
        return self.period is None or self.period.status == PeriodStatus.OPEN


def plan_for(tenant: Tenant, day: date) -> DayPlan:
    """What closing this day would cover.

    :raises InvalidParameter: no day of ours. :raises NotFound: it lies before closed days and was never opened.
    """
    if not tenant.books_start <= day < date.max:
        raise InvalidParameter(f"date must be a day from {tenant.books_start} on: the books start then.")
    clocks = Clocks.of(tenant)
    starts_at, ends_at = clocks.span(day)
    if starts_at == ends_at:
        raise InvalidParameter(f"There was no {day} in {tenant.time_zone}: clocks skipped it.")
    period = Period.objects.filter(tenant=tenant, business_date=day).first()
    last_closed = last_closed_date(tenant.id)
    if period is None and last_closed is not None and day <= last_closed:
        raise NotFound(f"Nothing was ever posted on {day}, and days after it are closed.")
    earlier = Period.objects.filter(tenant=tenant, business_date__lt=day)
    before: date | None = earlier.aggregate(last=Max("business_date"))["last"]
    return DayPlan(
        tenant=tenant,
        day=day,
        period=period,
        clocks=clocks,
        ends_at=ends_at,
        over=clocks.last_end(day),
        empty_days=EmptyDays(before or day, day),
        counted_after=before,
        closed_through=last_closed,
        earliest_open=earlier.filter(status=PeriodStatus.OPEN).aggregate(first=Min("business_date"))["first"],
    )
