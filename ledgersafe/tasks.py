"""Periodic jobs of the project as a whole."""

import logging

from celery import shared_task

from ledgersafe.audit.anchors import anchor_head
from ledgersafe.audit.sealing import seal_trail
from ledgersafe.operations import verification
from ledgersafe.tenants.models import Tenant

logger = logging.getLogger(__name__)


@shared_task(name="ledgersafe.tasks.verify_all_books")  # type: ignore[untyped-decorator]  # celery is untyped
def verify_all_books() -> None:
    """Check every invariant of all tenants, set the gauge and log violations. Safe to run twice."""
    for finding in verification.verify().broken:
        logger.error(
            "Invariant %s does not hold: %d rows. %s", finding.invariant.id, finding.total, finding.invariant.sentence
        )


@shared_task(name="ledgersafe.tasks.seal_audit_trails")  # type: ignore[untyped-decorator]  # celery is untyped
def seal_audit_trails(*, everything: bool = False) -> None:
    """Seal the unsealed entries of every tenant's trail, and anchor the new heads. Safe to run twice.

    Each tenant has a transaction of its own: a failure is logged, and retried in a minute.
    """
    for tenant in Tenant.objects.order_by("id").iterator():
        try:
            if seal_trail(tenant_id=tenant.id, everything=everything) is not None:
                anchor_head(tenant)
        except Exception:
            logger.exception("The audit trail of tenant %s could not be sealed.", tenant.slug)
