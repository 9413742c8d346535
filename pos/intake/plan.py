"""Plans: for every arrival of one request, what is to be done with it, and how that is told to the database."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import msgspec

from ledger.accounts.chart import AccountRef
from ledger.fx.conversion import NO_RATES, Conversion, Rates
from ledger.journals.draft import DraftLine, JournalDraft
from ledgersafe.tenants.principals import Principal
from pos.arrivals.arrival import Arrival, Refusal, as_row
from pos.arrivals.claims import Claim, claims_of, number_of
from pos.contract.event import Event, Hold, References
from pos.intake.answer import Answer
from pos.models import Result
from pos.posting.reference_rows import reference_row
from pos.posting.tenant_memory import TenantMemory
from pos.rules.decide import Post, PostingSettings, decide_posting, refers
from pos.rules.sale import RULES_VERSION
from pos.sales.header import figures_of, header_of, mirror_figures_of

logger = logging.getLogger(__name__)

Place = tuple[str, str | None]


class Plan(msgspec.Struct):
    """One arrival with its verdict.

    `follows`: an earlier arrival of the batch has the same key. `waits`: an earlier one claims its source event id, or
    its device's number; whether that claim holds is known only when the earlier one is settled. None of these is
    settled at first.
    """

    ordinal: int
    arrival: Arrival
    decision: Post | Hold | Refusal
    follows: bool = False
    waits: bool = False
    claims: bool = True
    #: It is about another event: only captured, until that one is locked and read.
    refers: bool = False
    #: Into its currency, of what was paid in others.
    rates: Rates = NO_RATES
    #: Of a held event: what it waits for.
    awaits: References | None = None

    @property
    def is_settled_later(self) -> bool:
        """Whether others come first."""
        return self.follows or self.waits or self.refers


def make_plans(
    arrivals: Sequence[Arrival],
    directory: TenantMemory,
    principal: Principal,
    now: datetime,
    rates: Sequence[Rates],
) -> list[Plan]:
    """Judge every arrival as if its key were new. Pure but for the log; nothing an event says makes it raise.

    :param rates: per arrival, those into its currency; nothing for what was paid in its own.
    """
    facts = directory.facts
    plans = [
        Plan(ordinal, arrival, _verdict(arrival, facts, principal, now, known), rates=known)
        for ordinal, (arrival, known) in enumerate(zip(arrivals, rates, strict=True), 1)
    ]
    if len(plans) > 1:
        _mark_repeats(plans)
    for plan in plans:
        event = plan.arrival.reading
        missing = isinstance(plan.decision, Hold) and plan.decision.reason_code == "MISSING_REFERENCE"
        plan.refers = missing and isinstance(event, Event) and refers(event)
    return plans


def _verdict(
    arrival: Arrival, facts: PostingSettings, principal: Principal, now: datetime, rates: Rates
) -> Post | Hold | Refusal:
    refusal = _not_this_keys(arrival, principal)
    if refusal is not None:
        return refusal
    if not isinstance(arrival.reading, Event):
        return arrival.reading
    try:
        return decide_posting(arrival.reading, facts, now=now, rates=rates)
    except Exception as error:  # a bug in a rule must not lose the arrival: it is held, and told
        logger.exception("Rules failed on event %s", arrival.event_id)
        return Hold("PROCESSING_FAILED", f"The posting rules failed ({type(error).__name__}).")


def _not_this_keys(arrival: Arrival, principal: Principal) -> Refusal | None:
    """Tenant, store and register are the key's; a body that says otherwise is refused, never believed."""
    claims = arrival.payload
    bound = (
        ("tenant_id", principal.tenant_slug, "TENANT_MISMATCH"),
        ("store_id", principal.store_code, "STORE_MISMATCH"),
        ("register_id", principal.register_code, "REGISTER_MISMATCH"),
    )
    if isinstance(arrival.reading, Refusal):
        return arrival.reading
    for name, own, code in bound:
        claimed = claims.get(name)
        if own is not None and type(claimed) is str and claimed != own:  # a decimal is a str too: see canonical
            return Refusal(403, code, f"{name} in the body is not the API key's.")
    return None


def _mark_repeats(plans: list[Plan]) -> None:
    """Within one batch: later arrivals of a key follow the first; a source event id is claimed by one at a time.

    So is a device's number.
    """
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


# ── What the plans need ─────────────────────────────────────────────────────────────────────────
class Prerequisites(NamedTuple):
    """What has to be there before plans are told: stores (with None) and registers, business days, accounts."""

    places: set[Place]
    days: set[date]
    accounts: set[AccountRef]


def prerequisites_of(plans: Sequence[Plan]) -> Prerequisites:
    """Of everything that is to be posted."""
    needs = Prerequisites(set(), set(), set())
    for post in _posts(plans):
        store, register = post.event.store_code, post.event.register_code
        needs.places.add((store, None))
        if register is not None:
            needs.places.add((store, register))
        needs.days.add(post.business_date)
        needs.accounts.update([line.account for line in post.draft.lines])
        needs.accounts.update([line.account for line in mirror_lines(post)])
    return needs


def mirror_lines(post: Post) -> tuple[DraftLine, ...]:
    """The lines of what undoes a corrected sale."""
    return post.mirror.lines if post.mirror is not None else ()


def converts(plans: Sequence[Plan]) -> bool:
    """Whether anything was paid in a foreign currency."""
    return any(post.conversions for post in _posts(plans))


def conversions_of(plans: Sequence[Plan], answers: Sequence[Answer]) -> list[tuple[int, Conversion]]:
    """What the journals that were written took in foreign currencies, by journal."""
    return [
        (answer.journal_id, conversion)
        for plan, answer in zip(plans, answers, strict=True)
        if isinstance(plan.decision, Post) and answer.result is Result.PROCESSED and answer.journal_id is not None
        for conversion in plan.decision.conversions
    ]


def hold_unknown_places(plans: Sequence[Plan], known: set[Place]) -> None:
    """A strict tenant registers nothing by itself: what comes from an unknown store or register is held."""
    for plan in plans:
        if isinstance(plan.decision, Post):
            event = plan.decision.event
            if not {(event.store_code, None), (event.store_code, event.register_code)} <= known:
                at = f"{event.store_code}/{event.register_code}" if event.register_code else event.store_code
                plan.decision = Hold("UNKNOWN_STORE", f"The tenant has no store or register {at!r}.")


def _posts(plans: Sequence[Plan]) -> list[Post]:
    return [plan.decision for plan in plans if isinstance(plan.decision, Post)]


# ── As the SQL functions read them ──────────────────────────────────────────────────────────────
def rows_of(plans: Sequence[Plan]) -> list[dict[str, Any]]:
    """The arrivals for `pos_receive_v2`."""
    return [row_of(plan) for plan in plans]


def row_of(plan: Plan) -> dict[str, Any]:
    """One arrival: the bytes' description and what is to be done."""
    row = as_row(plan.arrival, plan.ordinal)
    if isinstance(plan.decision, Refusal):
        return row | {"d": "reject", "why": plan.decision.code}
    if plan.is_settled_later:
        return row | {"d": "follow"}
    claimed = zip(("claim", "dev", "seq"), claimed_by(plan, row.get("ss"), row.get("se")), strict=True)
    row |= {name: value for name, value in claimed if value is not None}
    # Also of what is to be posted: should the books refuse it, it is held with these.
    row |= _at_risk(plan.arrival) | more_of(plan)
    row |= (
        _post_row(plan.decision) if isinstance(plan.decision, Post) else {"d": "hold", "why": plan.decision.reason_code}
    )
    return row


def claimed_by(plan: Plan, system: str | None, source_id: str | None) -> tuple[str | None, str | None, int | None]:
    """What it claims besides its key: the source system's id, and its device's number of it."""
    if not plan.claims:
        return None, None, None
    device, number = number_of(plan.arrival) or (None, None)
    return None if system is None else source_id, device, number


def more_of(plan: Plan) -> dict[str, Any]:
    """What few arrivals have: why one is held and what it waits for, references, what is written in the audit log."""
    verdict = plan.decision
    if isinstance(verdict, Post):
        if not verdict.draft.lines:
            action = f"pos.{verdict.event.event_type.lower()}.recorded"
            return {"audit": {"action": action, "after": {"txn_id": verdict.event.txn_id}}}
        return {"r": [reference_row(reference) for reference in verdict.references]} if verdict.references else {}
    if isinstance(verdict, Refusal):
        return {}
    details = {"message": verdict.message, "errors": list(verdict.errors[:50])}
    return _at_risk(plan.arrival) | {"details": details} | ({"w": _wait_row(plan.awaits)} if plan.awaits else {})


def _at_risk(arrival: Arrival) -> dict[str, Any]:
    return {"risk": arrival.at_risk_minor, "cur": arrival.currency}


def lines_of(plans: Sequence[Plan], account_ids: Mapping[AccountRef, int]) -> list[dict[str, Any]]:
    """The postings for `pos_receive_v2`, by the ordinal of their arrival; a mirror's by its negative."""
    return [
        {"o": ordinal, "n": number, "a": account_ids[line.account], "c": line.account.currency, "m": line.amount_minor}
        for plan in plans
        if isinstance(plan.decision, Post) and not plan.is_settled_later
        for ordinal, draft in ((plan.ordinal, plan.decision.draft), (-plan.ordinal, plan.decision.mirror))
        if draft is not None
        for number, line in enumerate(draft.lines, 1)
    ]


def _post_row(post: Post) -> dict[str, Any]:
    if not post.draft.lines:
        return {"d": "post"}
    row: dict[str, Any] = {
        "d": "post",
        "j": _journal_row(post, post.draft, "event"),
        "s": header_of(post, figures_of(post)),
    }
    if post.mirror is not None:
        row["m"] = {
            "j": _journal_row(post, post.mirror, "correction"),
            "s": header_of(post, mirror_figures_of(post)),
        }
    return row


def _journal_row(post: Post, draft: JournalDraft, source: str) -> dict[str, Any]:
    return {
        "date": post.business_date.isoformat(),
        "at": post.event.occurred_at.isoformat(),
        "kind": draft.kind,
        "source": source,
        "ref": post.event.txn_id,
        "n": len(draft.lines),
        "rules": RULES_VERSION,
        "late": post.is_late,
    }


def _wait_row(awaits: References) -> dict[str, Any]:
    return {"of": awaits.event_id} if awaits.event_id is not None else {"tx": awaits.txn_id}
