"""Use case: fold the sequence numbers of devices into ranges."""

import logging

from ledgersafe.postgres.db import call, retry_serialization, tenant_transaction
from ledgersafe.tenants.models import Tenant

logger = logging.getLogger(__name__)


def fold_devices(*, tenant_id: int) -> int:
    """Fold every committed sequence number of a tenant's devices into their ranges.

    Neither this nor ingest waits for the other. Safe to run at any time, repeatedly and concurrently.

    :returns: the number of events folded.
    """

    def fold() -> int:
        with tenant_transaction(tenant_id):
            return int(call("pos_fold_devices_v1", tenant_id)["events"])

    return retry_serialization(fold)


def fold_all() -> None:
    """Fold the devices of every tenant in its own transaction; a failure is logged and retried by the next run."""
    for tenant in Tenant.objects.order_by("id").iterator():
        try:
            fold_devices(tenant_id=tenant.id)
        except Exception:
            logger.exception("The devices of tenant %s could not be folded.", tenant.slug)
