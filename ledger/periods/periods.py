"""Business days: which day an instant belongs to, opening a day, sealing it, and opening it again."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Max

from ledger.balances import balances
from ledger.calendar.business_days import span_of
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
    """Make sure the day exists; operation. :returns: False when the day is closed, or lies before a closed one."""
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
    """The last closed business day; nothing posts on or before it."""
    closed = Period.objects.filter(tenant_id=tenant_id, status=PeriodStatus.CLOSED)
    last: date | None = closed.aggregate(last=Max("business_date"))["last"]
    return last


def seal(tenant: Tenant, day: date, *, now: datetime) -> Period:
    """Close a business day and keep every account's balance at its end; operation.

    The trigger on periods takes the day's lock alone: it waits for posters that are under way, and those that
    come later find the day closed. Refuses, in the database, while an earlier day is open.

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
    """Open and close consecutive days that nobody posted on; operation, one statement for any number of them.

    They keep no snapshots: what balances were at their ends is what they were at the end of the day before them.
    Refuses, in the database, while an earlier day is open, and days at or before a closed one.

    :returns: how many; dates that clocks skipped are none of the tenant's days.
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
    """Which close of the day its last one is, or the next one will be: 1 until it was opened again."""
    return Reopening.objects.filter(tenant_id=period.tenant_id, period=period).count() + 1


def reopen(period: Period, *, actor: str, reason: str) -> Reopening:
    """Open a closed business day again; operation. Inserting the record is what opens it, by trigger.

    The trigger takes the calendar's lock, against a close of the next day at the same time, and refuses in the
    database a day that is open, and one before another closed day. Whoever began to post before is made to try again:
    what is recorded into the day from now on bears a later instant than its close.
    """
    require_transaction()
    record = Reopening.objects.create(tenant_id=period.tenant_id, period=period, actor=actor, reason=reason)
    record.refresh_from_db()
    period.refresh_from_db()
    return record
