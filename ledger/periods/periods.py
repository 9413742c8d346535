"""Open, seal and reopen business days; operations in the caller's transaction."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max

from ledger.balances import balances
from ledger.calendar import span_of
from ledger.models import Period, PeriodStatus, Reopening
from ledgersafe.postgres.db import require_transaction
from ledgersafe.tenants.models import Tenant

_CLOSE_EMPTY: Final = """
INSERT INTO periods (tenant_id, business_date, starts_at, ends_at, status)
SELECT %(tenant)s, d.day, d.starts_at, d.ends_at, 'closed'
FROM unnest(%(days)s::date[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]) AS d(day, starts_at, ends_at)
ORDER BY d.day
"""


def open_day(tenant_id: int, day: date, *, time_zone: str, cut_off: time) -> bool:
    """Open the day unless it exists; operation. :returns: False when the day is closed, or lies before a closed one."""
    require_transaction()
    status = Period.objects.filter(tenant_id=tenant_id, business_date=day).values_list("status", flat=True).first()
    if status is not None:
        return status == PeriodStatus.OPEN
    closed_through = last_closed_date(tenant_id)
    if closed_through is not None and day <= closed_through:
        return False
    start, end = span_of(day, time_zone=time_zone, cut_off=cut_off)
    Period.objects.bulk_create(
        [Period(tenant_id=tenant_id, business_date=day, starts_at=start, ends_at=end)], ignore_conflicts=True
    )
    return True


def last_closed_date(tenant_id: int) -> date | None:
    """Return the last closed business day; nothing posts on or before it."""
    closed = Period.objects.filter(tenant_id=tenant_id, status=PeriodStatus.CLOSED)
    last: date | None = closed.aggregate(last=Max("business_date"))["last"]
    return last


def seal(tenant: Tenant, day: date, *, now: datetime) -> Period:
    """Close a business day and store every account's balance at its end; operation.

    The trigger on periods takes the day's lock exclusively: it waits for running posters, and later ones find the day
    closed. The database refuses while an earlier day is open.

    :raises Period.DoesNotExist: the day was never opened.
    """
    require_transaction()
    period = Period.objects.select_for_update().get(tenant=tenant, business_date=day)
    if period.status == PeriodStatus.OPEN:
        period.status = PeriodStatus.CLOSED
        period.closed_at = now
        period.save(update_fields=["status", "closed_at"])
        period.refresh_from_db(fields=["closed_at"])  # the trigger sets it, with the day's lock in hand
        balances.take_snapshots(tenant.id, day, revision=revision_of(period))
    return period


def close_empty_days(tenant: Tenant, days: Sequence[date]) -> int:
    """Open and close consecutive days without postings; operation. One statement for any number of days.

    They get no snapshots: their closing balances equal those of the day before. The database refuses while an earlier
    day is open, and refuses days at or before a closed one.

    :returns: the number of days; dates that clocks skipped are not business days.
    """
    require_transaction()
    zone, cut_off = ZoneInfo(tenant.time_zone), time(tenant.cut_off_hour, tenant.cut_off_minute)
    before = [day - timedelta(days=1) for day in days[:1]]
    cuts = [datetime.combine(day, cut_off, zone).astimezone(UTC) for day in (*before, *days)]
    spans = [(day, start, end) for day, (start, end) in zip(days, pairwise(cuts), strict=True) if start < end]
    if not spans:
        return 0
    values = dict(zip(("days", "starts", "ends"), map(list, zip(*spans, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_CLOSE_EMPTY, values | {"tenant": tenant.pk})
    return len(spans)


def revision_of(period: Period) -> int:
    """Return the number of the day's last or next close: 1, and one more after each reopening."""
    return Reopening.objects.filter(tenant_id=period.tenant_id, period=period).count() + 1


def reopen(period: Period, *, actor: str, reason: str) -> Reopening:
    """Reopen a closed business day; operation. A trigger on the inserted record opens the day.

    The trigger takes the calendar's lock, against a concurrent close of the next day. The database refuses an open day,
    and a day before another closed one. Posters that started earlier have to retry: postings into the reopened day are
    recorded at a later instant than its close.
    """
    require_transaction()
    record = Reopening.objects.create(tenant_id=period.tenant_id, period=period, actor=actor, reason=reason)
    record.refresh_from_db()
    period.refresh_from_db()
    return record
