"""Plan a close: the day itself, and the days without sales or row before it that it covers."""

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

#: Subtracted from the (exclusive) end of a day: its last instant, whose FX rates value the clearing accounts.
LAST_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class DayPlan:
    """The days and instants a close is made of.

    :ivar period: the day's row; None: nothing was ever posted on it.
    :ivar ends_at: end of the day by the tenant's clock.
    :ivar over: the store where the day ends last, and when; the day can be closed from then on.
    :ivar empty_days: days before it that are closed with it.
    :ivar counted_after: held events count from the end of this day; None: from the beginning of time.
    :ivar closed_through: the last closed day; None: nothing was ever closed.
    :ivar earliest_open: the first open day before it; None: there is none, as closing in order requires.
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
        """Tell whether the day can still be closed; a day without a row counts as open."""
        return self.period is None or self.period.status == PeriodStatus.OPEN


def plan_for(tenant: Tenant, day: date) -> DayPlan:
    """Read what closing this day would cover. Four statements.

    :raises InvalidParameter: it lies before the books start, or the time zone has no such day.
    :raises NotFound: it lies before closed days and was never opened.
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
