"""Decide arrivals about other events, inside the reception's transaction: once their originals are locked and read.

They are decided level by level: first those whose original is in the books, then those about them, so that any order
within one batch comes to the same. Within a level each counts for the next.
"""

from collections.abc import Sequence
from datetime import datetime

from pos.contract import Event
from pos.intake.plan import Plan, rules_failed
from pos.posting import TenantMemory
from pos.references.lookup import CorrectionPending, Originals
from pos.rules import Post, decide_posting


def next_level(pending: Sequence[Plan]) -> list[Plan]:
    """Pick the plans whose original is not pending itself; all, when they are about one another in a circle. Pure."""
    pending_ids = {plan.arrival.event_id for plan in pending}
    ready = [
        plan for plan in pending if not plan.waits and _original_id(plan) not in pending_ids - {plan.arrival.event_id}
    ]
    return ready or list(pending)


def decide_level(plans: Sequence[Plan], memory: TenantMemory, now: datetime) -> list[Plan]:
    """Lock and read the originals of these plans, and decide them; operation. One statement.

    The originals stay locked until the commit: of two returns of one sale the second sees what the first one took.

    :returns: the plans that were decided, released. The others are about a sale that is corrected in this very level;
        they come next.
    """
    about = [(plan, plan.arrival.reading) for plan in plans if isinstance(plan.arrival.reading, Event)]
    originals = Originals(memory.tenant_id, [event for _, event in about], base_currency=memory.base_currency)
    decided = []
    for plan, event in about:
        # A key that exists is not taken again: the gate judges the arrival, and nothing counts.
        if event.event_id not in originals.known:
            try:
                _decide(plan, event, originals, memory, now)
            except CorrectionPending:
                continue
        plan.release()
        decided.append(plan)
    return decided


def _decide(plan: Plan, event: Event, originals: Originals, memory: TenantMemory, now: datetime) -> None:
    original = originals.original_of(event)
    try:
        decision = decide_posting(event, memory.facts, now=now, rates=plan.rates, original=original)
    except Exception as error:  # a bug in a rule must not lose the arrival: it is held, and logged
        decision = rules_failed(event, error)
    if isinstance(decision, Post):
        originals.count(event.event_id, decision.references)
        plan.decide(decision)
        return
    is_waiting = decision.reason_code == "MISSING_REFERENCE" and not originals.is_ambiguous(event)
    plan.decide(decision, awaits=event.references if is_waiting else None)


def _original_id(plan: Plan) -> str | None:
    event = plan.arrival.reading
    return event.references.event_id if isinstance(event, Event) and event.references is not None else None
