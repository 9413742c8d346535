"""Use case: close a tenant's business days that are over and ready, as the clock does it. It never forces."""

import logging
from datetime import date, datetime, timedelta
from itertools import takewhile

from ledger.calendar.store_clocks import Clocks
from ledger.models import Period, PeriodStatus
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import DomainError
from recon.closing.close import close_day
from recon.closing.issue import issue_packs

logger = logging.getLogger(__name__)


def due_days(tenant: Tenant, *, now: datetime, grace: timedelta) -> list[date]:
    """Open days that ended so long ago by the clock of every store, oldest first.

    Days without journals are closed with the next one that has.
    Up to a day that somebody opened again: whoever did so says when it is done, and days are closed in order.
    """
    rows = Period.objects.filter(tenant=tenant, status=PeriodStatus.OPEN, ends_at__lte=now - grace)
    days = list(rows.order_by("business_date").values_list("business_date", "reopened_at"))
    clocks = Clocks.of(tenant)

    def is_due(row: tuple[date, datetime | None]) -> bool:
        return row[1] is None and clocks.last_end(row[0]).at <= now - grace

    return [day for day, _ in takewhile(is_due, days)]


def close_due_days(tenant: Tenant, *, actor: str, now: datetime, grace: timedelta) -> list[date]:
    """Close what is due; what cannot be closed is logged with the reason, and tried again next time.

    :returns: the days that were closed. A day that stays open keeps those after it open: days are closed in order.
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
