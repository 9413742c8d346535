"""Use case: close every business day of a tenant that is over and ready. Run hourly; never forces."""

import logging
from datetime import date, datetime, timedelta
from itertools import takewhile

from ledger.calendar import Clocks
from ledger.models import Period, PeriodStatus
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import DomainError
from recon.closing.close import close_day
from recon.closing.issue import issue_packs

logger = logging.getLogger(__name__)


def due_days(tenant: Tenant, *, now: datetime, grace: timedelta) -> list[date]:
    """List open days that ended at least `grace` ago by the clock of every store, oldest first.

    Days without journals are not listed: they are closed with the next day that has some. The list ends before a day
    that somebody reopened: that person closes it, and days are closed in order.
    """
    rows = Period.objects.filter(tenant=tenant, status=PeriodStatus.OPEN, ends_at__lte=now - grace)
    days = list(rows.order_by("business_date").values_list("business_date", "reopened_at"))
    clocks = Clocks.of(tenant)

    def is_due(row: tuple[date, datetime | None]) -> bool:
        return row[1] is None and clocks.last_end(row[0]).at <= now - grace

    return [day for day, _ in takewhile(is_due, days)]


def close_due_days(tenant: Tenant, *, actor: str, now: datetime, grace: timedelta) -> list[date]:
    """Close the days that are due. A refusal is logged, and tried again with the next run.

    :returns: the closed days. A day that stays open keeps those after it open: days are closed in order.
    """
    closed: list[date] = []
    try:
        for day in due_days(tenant, now=now, grace=grace):
            close_day(tenant_id=tenant.id, day=day, actor=actor, now=now)
            closed.append(day)
        issue_packs(tenant.id, actor=actor)
    except DomainError as error:
        logger.warning("A day of %s stays open: %s %s", tenant.slug, error.code, error.message)
    except Exception:
        logger.exception("The days of %s could not be closed.", tenant.slug)
    return closed
