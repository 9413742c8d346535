"""Background jobs of the books; safe to run twice, also at the same time."""

from celery import shared_task
from django.utils import timezone

from ledger.drawers import adjustments, queries


@shared_task(name="ledger.tasks.adjust_closed_drawers")  # type: ignore[untyped-decorator]  # celery is untyped
def adjust_closed_drawers() -> None:
    """Explain cash that was posted to drawers after their close. A refusal for one drawer does not stop the others."""
    for tenant_id, account_id in queries.accounts_to_adjust():
        adjustments.try_adjusting(
            tenant_id=tenant_id, account_id=account_id, actor="system:adjust_closed_drawers", now=timezone.now()
        )
