"""Use case: post what came before the event it is about, now that that one is in the books.

The way is that of every decision on a held event, with the system as the actor. What has come in another version, or
was tried since its original landed, or has waited beyond the tenant's late window, is left to a person.
"""

import uuid
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from exceptions.decisions import FIRST, Action, Decision
from ledgersafe.db import retry_serialization, tenant_transaction
from ledgersafe.tenants.models import Tenant
from pos.booking import Verdict
from pos.deciding import Deciding
from pos.models import EventWait
from pos.replay import CHUNK, count_journals

ACTOR: Final = "system:references"
_NOTES: Final = "The event it refers to has arrived."
#: A void waits for its return, which waits for its sale: each round releases those who waited for the one before.
_ROUNDS: Final = 5

_RELEASABLE: Final = """
SELECT e.id
FROM event_waits w
JOIN events_processed k ON k.tenant_id = w.tenant_id AND k.idempotency_key = w.event_key AND k.status = 'quarantined'
JOIN exceptions e ON e.tenant_id = w.tenant_id AND e.idempotency_key = w.event_key AND e.status = 'open'
     AND e.reason_code = 'MISSING_REFERENCE'
CROSS JOIN LATERAL (
    SELECT max(o.processed_at) AS landed_at FROM events_processed o
    WHERE o.tenant_id = w.tenant_id AND o.status = 'processed' AND o.idempotency_key = ANY (
        SELECT w.original_key UNION ALL
        SELECT s.event_key FROM sales s
        WHERE w.txn_id IS NOT NULL AND s.tenant_id = w.tenant_id AND s.txn_id = w.txn_id
          AND s.store_code = w.store_code AND s.event_type = 'SALE' AND s.sign = 1)
) original
WHERE w.tenant_id = %s AND w.waits_since >= %s
  AND (e.last_replay_at IS NULL OR e.last_replay_at < original.landed_at)
  AND original.landed_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM event_versions v WHERE v.tenant_id = w.tenant_id AND v.event_key_id = k.id)
ORDER BY w.waits_since, w.event_key LIMIT %s
"""


def release_waiting(*, tenant_id: int, now: datetime) -> int:
    """Post every event that has waited for what is in the books now. Safe to run twice, and at once.

    :returns: how many were posted.
    """
    released = 0
    for _ in range(_ROUNDS):
        verdicts = retry_serialization(lambda: _release_some(tenant_id, now))
        count_journals(verdicts)
        posted = sum(verdict.journal_id is not None for verdict in verdicts)
        released += posted
        if not posted:
            break
    return released


def sweep(*, now: datetime) -> int:
    """Release for every tenant what was missed: who looked before his original was committed waits after it."""
    tenants = Tenant.objects.filter(id__in=EventWait.objects.values("tenant_id")).order_by("id")
    return sum(release_waiting(tenant_id=tenant_id, now=now) for tenant_id in tenants.values_list("id", flat=True))


def _release_some(tenant_id: int, now: datetime) -> list[Verdict]:
    with tenant_transaction(tenant_id):
        waiting = _releasable(tenant_id, now)
        decision = Decision(Action.REPLAY, notes=_NOTES, canonical=FIRST)
        deciding = Deciding(tenant_id, decision, ACTOR, may_approve=False, now=now, automatic=True)
        return deciding.decide(waiting) if waiting else []


def _releasable(tenant_id: int, now: datetime) -> list[uuid.UUID]:
    window = Tenant.objects.values_list("late_window_days", flat=True).get(pk=tenant_id)
    with connection.cursor() as cursor:
        cursor.execute(_RELEASABLE, [tenant_id, now - timedelta(days=window), CHUNK])
        return [case_id for (case_id,) in cursor.fetchall()]
