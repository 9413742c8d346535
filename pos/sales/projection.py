"""Use cases: project the lines, tenders and taxes of sales from their events, in the background.

Ingest never waits for this. The rows of a header are written once and do not depend on the order in which headers are
read, so every use case is safe to run at any time, repeatedly and concurrently.
"""

import logging
from collections.abc import Callable
from datetime import date
from typing import Final

from django.db import connection

from ledgersafe.postgres.db import call, retry_serialization, tenant_transaction
from ledgersafe.tenants.models import Tenant
from pos.models import SaleContentFailure
from pos.sales.content_reader import read_day, read_journals
from pos.sales.content_writer import keep

logger = logging.getLogger(__name__)

#: Headers per transaction: bounds its memory and the time its locks are held.
BATCH: Final = 2_000
_EVER: Final = (date.min, date.max)
#: Called with the number of headers read so far.
Progress = Callable[[int], None]

#: Headers of an event above the mark of their day, whose rows may be missing.
_PENDING: Final = """
SELECT s.journal_id FROM (
    SELECT j.id FROM journals j WHERE j.tenant_id = %(tenant)s AND j.source IN ('event', 'correction')
                                  AND j.source_key = %(key)s AND j.reverses_id IS NULL
) j
JOIN LATERAL (SELECT j.id UNION ALL
              SELECT r.id FROM journals r WHERE r.tenant_id = %(tenant)s AND r.reverses_id = j.id) one ON true
JOIN sales s ON s.tenant_id = %(tenant)s AND s.journal_id = one.id
LEFT JOIN sale_content_marks m ON m.tenant_id = s.tenant_id AND m.business_date = s.business_date
WHERE (m.cluster = pos_cluster_v1() AND s.xid < m.through_xid) IS NOT TRUE
"""


def project_sales(
    *,
    tenant_id: int,
    days: tuple[date, date] = _EVER,
    batches: int | None = None,
    batch: int = BATCH,
    on_progress: Progress | None = None,
) -> int | None:
    """Write the rows of headers whose transactions have ended, newest day first, a batch per transaction.

    :param days: first and last business day, both included.
    :param batches: the maximum number of batches; None for no limit.
    :returns: the number of headers read; None if another run is under way for this tenant.
    """
    tenant = Tenant.objects.get(id=tenant_id)
    done = 0
    while batches is None or batches > 0:
        number = retry_serialization(lambda: _project_batch(tenant, days, batch))
        if number is None:
            return done or None
        if number == 0:
            break
        done += number
        batches = None if batches is None else batches - 1
        if on_progress:
            on_progress(done)
    return done


def project_event(*, tenant_id: int, event_key: str) -> None:
    """Write the rows of one event's headers now, unless a run has written them already."""

    def project() -> None:
        with connection.cursor() as cursor:
            cursor.execute(_PENDING, {"tenant": tenant_id, "key": event_key})
            pending = [journal_id for (journal_id,) in cursor.fetchall()]
        if pending:
            tenant = Tenant.objects.get(id=tenant_id)
            with tenant_transaction(tenant_id):
                keep(tenant_id, read_journals(tenant_id, tenant.base_currency, pending))

    retry_serialization(project)


def retry_failures(*, tenant_id: int, limit: int = BATCH) -> int:
    """Retry headers that could not be read, for instance after a new release.

    :returns: the number of headers that now have their rows.
    """

    def again() -> int:
        failed = SaleContentFailure.objects.filter(tenant_id=tenant_id).order_by("journal_id")
        ids = list(failed.values_list("journal_id", flat=True)[:limit])
        if not ids:
            return 0
        tenant = Tenant.objects.get(id=tenant_id)
        with tenant_transaction(tenant_id):
            keep(tenant_id, read_journals(tenant_id, tenant.base_currency, ids))
        return len(ids) - SaleContentFailure.objects.filter(tenant_id=tenant_id, journal_id__in=ids).count()

    return retry_serialization(again)


def project_all() -> None:
    """Project every tenant in transactions of its own; a failure is logged and retried by the next run."""
    for tenant in Tenant.objects.order_by("id").iterator():
        try:
            project_sales(tenant_id=tenant.id)
        except Exception:
            logger.exception("What tenant %s has sold could not be projected.", tenant.slug)


def _project_batch(tenant: Tenant, days: tuple[date, date], batch: int) -> int | None:
    with tenant_transaction(tenant.id):
        span = call("pos_next_content_v1", tenant.id, batch, *days)
        if span.get("busy"):
            return None
        if "day" not in span:
            return 0
        contents = read_day(tenant.id, tenant.base_currency, span["day"], span["since"], span["before"])
        keep(tenant.id, contents, span["day"], span["before"])
        return len(contents)
