"""Arrivals about other events: ruled on in the reception's transaction, once what they are about is locked and read.

They are settled level by level: first those whose original is in the books, then those about them, so that in one
batch any order comes to the same. Within a level each counts for the next.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime

from pos.contract.event import Event, Hold
from pos.intake.plan import Plan
from pos.posting.tenant_memory import TenantMemory
from pos.references.lookup import CorrectionPending, Originals
from pos.rules.decide import Post, decide_posting

logger = logging.getLogger(__name__)


def next_level(pending: Sequence[Plan]) -> list[Plan]:
    """Those that can be ruled on now; all, when they are about one another in a circle. Pure."""
    unsettled = {plan.arrival.event_id for plan in pending}
    ready = [plan for plan in pending if not plan.waits and _named(plan) not in unsettled - {plan.arrival.event_id}]
    return ready or list(pending)


def rule(plans: Sequence[Plan], directory: TenantMemory, now: datetime) -> list[Plan]:
    """Lock and read what the plans are about, and judge them; operation.

    :returns: those that were judged. The rest is about a sale that is corrected here and now, and comes next.
    """
    events = [event for plan in plans for event in _event(plan)]
    originals = Originals(directory.tenant_id, events, base_currency=directory.base_currency)
    judged = []
    for plan in plans:
        for event in _event(plan):
            # A key that exists is not taken again: the gate judges the arrival, and nothing counts.
            if event.event_id not in originals.known:
                try:
                    _judge(plan, event, originals, directory, now)
                except CorrectionPending:
                    continue
            plan.refers = plan.waits = False
            judged.append(plan)
    return judged


def _judge(plan: Plan, event: Event, originals: Originals, directory: TenantMemory, now: datetime) -> None:
    original = originals.original_of(event)
    try:
        plan.decision = decide_posting(event, directory.facts, now=now, rates=plan.rates, original=original)
    except Exception as error:  # a bug in a rule must not lose the arrival: it is held, and told
        logger.exception("Rules failed on event %s", event.event_id)
        plan.decision = Hold("PROCESSING_FAILED", f"The posting rules failed ({type(error).__name__}).")
    if isinstance(plan.decision, Post):
        originals.count(event.event_id, plan.decision.references)
    elif plan.decision.reason_code == "MISSING_REFERENCE" and not originals.is_ambiguous(event):
        plan.awaits = event.references


def _event(plan: Plan) -> Iterator[Event]:
    if isinstance(plan.arrival.reading, Event):
        yield plan.arrival.reading


def _named(plan: Plan) -> str | None:
    return next((event.references.event_id for event in _event(plan) if event.references is not None), None)
