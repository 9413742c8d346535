"""Use case: post events that arrived before their original, once the original is in the books.

They take the path of every decision, with the system as the actor. Events with a second version, events already tried
since their original arrived, and events that waited beyond the tenant's late window are left to a person.
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
#: Bound on chains: a void may wait for a return that waits for a sale, and each round releases the next link.
_ROUNDS: Final = 5


def release_waiting(*, tenant_id: int, now: datetime) -> int:
    """Post the waiting events whose original is in the books. Safe to run twice and concurrently.

    :returns: the number of events posted.
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
    """Release the waiting events of every tenant.

    An event that looked for its original just before the original committed is missed on arrival and waits until here.
    """
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
