"""Plan every arrival of one request: post, hold or refuse it, now or once others are written."""

import logging
from collections.abc import Sequence
from datetime import datetime

import msgspec

from ledger.fx import NO_RATES, Conversion, Rates
from ledgersafe.tenants.principals import Principal
from pos.arrivals import Arrival, Claim, Refusal, claims_of
from pos.contract import Event, Hold, References
from pos.intake.answer import Answer
from pos.models import Result
from pos.posting import Place, TenantMemory
from pos.rules import Post, PostingSettings, decide_posting, refers

logger = logging.getLogger(__name__)


class Plan(msgspec.Struct):
    """An arrival and what is to be done with it; changed by its own methods only.

    An arrival that `follows`, `waits` or `refers` is captured at first, and written once the others are.

    :ivar ordinal: its place in the request, from 1.
    :ivar decision: as if its key were new.
    :ivar follows: an earlier arrival of the request has the same key.
    :ivar waits: an earlier one claims its source event id or its device's number; whether that claim holds is known
        only when the earlier one is written.
    :ivar claims: whether it claims these itself.
    :ivar refers: it is about another event, which has to be locked and read first.
    :ivar rates: into its currency, of the currencies it was paid in.
    :ivar awaits: of a held event, the event it waits for.
    """

    ordinal: int
    arrival: Arrival
    decision: Post | Hold | Refusal
    follows: bool = False
    waits: bool = False
    claims: bool = True
    refers: bool = False
    rates: Rates = NO_RATES
    awaits: References | None = None

    @property
    def is_written_later(self) -> bool:
        """Tell whether other arrivals of the request come first."""
        return self.follows or self.waits or self.refers

    def hold(self, reason: Hold) -> None:
        """Hold the event, whatever was decided before."""
        self.decision = reason

    def hold_without_claims(self, reason: Hold) -> None:
        """Hold the event; its source event id or its device's number belongs to another key."""
        self.decision, self.claims = reason, False

    def decide(self, decision: Post | Hold, *, awaits: References | None = None) -> None:
        """Decide an event about another event, now that its original is known, or known to be missing."""
        self.decision, self.awaits = decision, awaits

    def release(self) -> None:
        """Let the arrival be written now: what it waited for is written, what it is about is locked and read."""
        self.waits = self.refers = False


def make_plans(
    arrivals: Sequence[Arrival],
    memory: TenantMemory,
    principal: Principal,
    now: datetime,
    rates: Sequence[Rates],
) -> list[Plan]:
    """Decide every arrival as if its key were new. Pure but for the log; nothing an event says makes it raise.

    :param now: the instant of receipt.
    :param rates: for each arrival, the rates into its currency.
    :returns: one plan for each arrival, in order.
    """
    settings = memory.facts
    plans = [
        _plan(ordinal, arrival, _decide(arrival, settings, principal, now, own_rates), own_rates)
        for ordinal, (arrival, own_rates) in enumerate(zip(arrivals, rates, strict=True), 1)
    ]
    if len(plans) > 1:
        _mark_repeats(plans)
    return plans


def _plan(ordinal: int, arrival: Arrival, decision: Post | Hold | Refusal, rates: Rates) -> Plan:
    event = arrival.reading
    is_missing = isinstance(decision, Hold) and decision.reason_code == "MISSING_REFERENCE"
    needs_original = is_missing and isinstance(event, Event) and refers(event)
    return Plan(ordinal, arrival, decision, refers=needs_original, rates=rates)


def _decide(
    arrival: Arrival, settings: PostingSettings, principal: Principal, now: datetime, rates: Rates
) -> Post | Hold | Refusal:
    refusal = _refuse_other_owner(arrival, principal)
    if refusal is not None:
        return refusal
    if not isinstance(arrival.reading, Event):
        return arrival.reading
    try:
        return decide_posting(arrival.reading, settings, now=now, rates=rates)
    except Exception as error:  # a bug in a rule must not lose the arrival: it is held, and logged
        return rules_failed(arrival.reading, error)


def rules_failed(event: Event, error: Exception) -> Hold:
    """Log a bug in the posting rules, and hold the event it shows on."""
    logger.error("Rules failed on event %s", event.event_id, exc_info=error)
    return Hold("PROCESSING_FAILED", f"The posting rules failed ({type(error).__name__}).")


def _refuse_other_owner(arrival: Arrival, principal: Principal) -> Refusal | None:
    """Refuse a body that names another tenant, store or register than the API key's: a body is never believed."""
    if isinstance(arrival.reading, Refusal):
        return arrival.reading
    bound = (
        ("tenant_id", principal.tenant_slug, "TENANT_MISMATCH"),
        ("store_id", principal.store_code, "STORE_MISMATCH"),
        ("register_id", principal.register_code, "REGISTER_MISMATCH"),
    )
    for name, own, code in bound:
        named = arrival.payload.get(name)
        if own is not None and type(named) is str and named != own:  # a decimal is a str too: see exact_json.Number
            return Refusal(403, code, f"{name} in the body is not the API key's.")
    return None


def _mark_repeats(plans: list[Plan]) -> None:
    """Mark later arrivals of a key, and of a claim: within one request each is taken by one arrival at a time."""
    keys: set[str] = set()
    owners: dict[Claim, str] = {}
    for plan in plans:
        event_id = plan.arrival.event_id
        if event_id is None or isinstance(plan.decision, Refusal):
            continue
        plan.follows = event_id in keys
        keys.add(event_id)
        if not plan.follows:
            first = [owners.setdefault(claim, event_id) for claim in claims_of(plan.arrival)]
            plan.waits = any(owner != event_id for owner in first)


def posts_of(plans: Sequence[Plan]) -> list[Post]:
    """Pick the decisions to post."""
    return [plan.decision for plan in plans if isinstance(plan.decision, Post)]


def converts(plans: Sequence[Plan]) -> bool:
    """Tell whether anything was paid in a foreign currency."""
    return any(post.conversions for post in posts_of(plans))


def conversions_of(plans: Sequence[Plan], answers: Sequence[Answer]) -> list[tuple[int, Conversion]]:
    """Pair the journals that were written with their conversions."""
    return [
        (answer.journal_id, conversion)
        for plan, answer in zip(plans, answers, strict=True)
        if isinstance(plan.decision, Post) and answer.result is Result.PROCESSED and answer.journal_id is not None
        for conversion in plan.decision.conversions
    ]


def hold_unknown_places(plans: Sequence[Plan], unknown: set[Place]) -> None:
    """Hold the events of stores and registers that a strict tenant does not know: it registers none by itself."""
    for plan in plans:
        if isinstance(plan.decision, Post):
            event = plan.decision.event
            if not unknown.isdisjoint(((event.store_code, None), (event.store_code, event.register_code))):
                at = f"{event.store_code}/{event.register_code}" if event.register_code else event.store_code
                plan.hold(Hold("UNKNOWN_STORE", f"The tenant has no store or register {at!r}."))
