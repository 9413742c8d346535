"""Use case: fold what has come of devices that number their events into ranges."""

import logging

from ledgersafe.postgres.db import call, retry_serialization, tenant_transaction
from ledgersafe.tenants.models import Tenant

logger = logging.getLogger(__name__)


def fold_devices(*, tenant_id: int) -> int:
    """Fold what has come of the tenant's devices into their ranges; afterwards all that was committed is in them.

    Ingest does not wait for it, nor it for ingest. Safe to run at any time, any number of times, and at once.

    :returns: how many events were folded.
    """

    def fold() -> int:
        with tenant_transaction(tenant_id):
            return int(call("pos_fold_devices_v1", tenant_id)["events"])

    return retry_serialization(fold)


def fold_all() -> None:
    """Every tenant, each in a transaction of its own: what fails for one is logged, and tried again next time."""
    for tenant in Tenant.objects.order_by("id").iterator():
        try:
            fold_devices(tenant_id=tenant.id)
        except Exception:
            logger.exception("The devices of tenant %s could not be folded.", tenant.slug)
