"""Scheduled jobs of recon. Each is safe to run twice, and at the same time as itself."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from ledgersafe.tenants.models import Tenant
from recon.closing import due


@shared_task(name="recon.tasks.close_due_days")  # type: ignore[untyped-decorator]  # celery is untyped
def close_due_days() -> None:
    """Close every tenant's days that are over and ready. A failure for one tenant does not stop the others."""
    grace = timedelta(minutes=settings.CLOSE_GRACE_MINUTES)
    for tenant in Tenant.objects.order_by("id").iterator():
        due.close_due_days(tenant, actor="system:close_due_days", now=timezone.now(), grace=grace)
