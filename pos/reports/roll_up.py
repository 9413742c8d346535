"""Use case: fold what was posted since the last time into the daily sales.

Reports are exact without it, only slower.
"""

import logging

from ledgersafe.postgres.db import call, retry_serialization, tenant_transaction
from ledgersafe.tenants.models import Tenant

logger = logging.getLogger(__name__)


def roll_up_sales(*, tenant_id: int) -> int | None:
    """Fold the headers of transactions that have ended. Posting does not wait for it, nor it for posting.

    Safe to run at any time, any number of times, and at once.

    :returns: how many headers were folded; None when another run is under way for this tenant.
    """

    def fold() -> int | None:
        with tenant_transaction(tenant_id):
            answer = call("pos_roll_up_sales_v1", tenant_id)
        return None if answer.get("busy") else int(answer["facts"])

    return retry_serialization(fold)


def roll_up_all() -> None:
    """Every tenant, each in a transaction of its own: what fails for one is logged, and tried again next time."""
    for tenant in Tenant.objects.order_by("id").iterator():
        try:
            roll_up_sales(tenant_id=tenant.id)
        except Exception:
            logger.exception("The daily sales of tenant %s could not be rolled up.", tenant.slug)
