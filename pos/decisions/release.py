"""Use case: post what came before the event it is about, now that that one is in the books.

The way is that of every decision on a held event, with the system as the actor. What has come in another version, or
was tried since its original landed, or has waited beyond the tenant's late window, is left to a person.
"""

import uuid
from datetime import datetime
from typing import Final

from exceptions.decisions import FIRST, Decision, DecisionAction
from ledgersafe.postgres.db import call, retry_serialization, tenant_transaction
from ledgersafe.tenants.models import Tenant
from pos.decisions.carry_out import DecisionRun
from pos.decisions.resolve import CHUNK, count_journals
from pos.decisions.writing import CaseRun
from pos.models import EventWait

ACTOR: Final = "system:references"
_NOTES: Final = "The event it refers to has arrived."
#: A void waits for its return, which waits for its sale: each round releases those who waited for the one before.
_ROUNDS: Final = 5


def release_waiting(*, tenant_id: int, now: datetime) -> int:
    """Post every event that has waited for what is in the books now. Safe to run twice, and at once.

    :returns: how many were posted.
    """
    released = 0
    for _ in range(_ROUNDS):
        runs = retry_serialization(lambda: _release_some(tenant_id, now))
        count_journals(runs)
        posted = sum(run.journal_id is not None for run in runs)
        released += posted
        if not posted:
            break
    return released


def sweep(*, now: datetime) -> int:
    """Release for every tenant what was missed: who looked before his original was committed waits after it."""
    tenants = Tenant.objects.filter(id__in=EventWait.objects.values("tenant_id")).order_by("id")
    return sum(release_waiting(tenant_id=tenant_id, now=now) for tenant_id in tenants.values_list("id", flat=True))


def _release_some(tenant_id: int, now: datetime) -> list[CaseRun]:
    with tenant_transaction(tenant_id):
        waiting = _releasable(tenant_id, now)
        decision = Decision(DecisionAction.REPLAY, notes=_NOTES, canonical=FIRST)
        decision_run = DecisionRun(tenant_id, decision, ACTOR, may_approve=False, now=now, automatic=True)
        return decision_run.decide(waiting) if waiting else []


def _releasable(tenant_id: int, now: datetime) -> list[uuid.UUID]:
    return [uuid.UUID(case_id) for case_id in call("pos_releasable_v1", tenant_id, now.isoformat(), CHUNK)]
