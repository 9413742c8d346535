"""Periodic work of the project as a whole."""

import logging

from celery import shared_task

from ledgersafe import verification

logger = logging.getLogger(__name__)


@shared_task(name="ledgersafe.tasks.verify_all_books")  # type: ignore[untyped-decorator]  # celery is untyped
def verify_all_books() -> None:
    """Check every invariant of all tenants; feeds the gauge, and logs what does not hold. Safe to run twice."""
    for finding in verification.verify().broken:
        logger.error(
            "Invariant %s does not hold: %d rows. %s", finding.invariant.id, finding.total, finding.invariant.sentence
        )
