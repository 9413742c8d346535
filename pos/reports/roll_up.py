"""Use case: roll new headers up into the daily sales. Reports are exact without it, only slower."""

import logging

from ledgersafe.postgres.db import call, retry_serialization, tenant_transaction
from ledgersafe.tenants.models import Tenant

logger = logging.getLogger(__name__)


def roll_up_sales(*, tenant_id: int) -> int | None:
    """Fold the headers of ended transactions into the daily sales. Neither this nor posting waits for the other.

    Safe to run at any time, repeatedly and concurrently.

    :returns: the number of headers folded; None if another run is under way for this tenant.
    """

    def fold() -> int | None:
        with tenant_transaction(tenant_id):
            answer = call("pos_roll_up_sales_v1", tenant_id)
        return None if answer.get("busy") else int(answer["facts"])

    return retry_serialization(fold)


def roll_up_all() -> None:
    """Roll up every tenant in its own transaction; a failure is logged and retried by the next run."""
    for tenant in Tenant.objects.order_by("id").iterator():
        try:
            roll_up_sales(tenant_id=tenant.id)
        except Exception:
            logger.exception("The daily sales of tenant %s could not be rolled up.", tenant.slug)
