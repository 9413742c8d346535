"""Encode plans as JSON rows for `pos_receive_alone_v1`, `pos_receive_v2` and `pos_settle_v1`. Pure.

Batches travel in columns (`columns`); rows carry one event alone, and the batch that Postgres refused in columns.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ledger.accounts import AccountRef
from ledger.journals import JournalDraft
from pos.arrivals import Arrival, Refusal, as_row, number_of
from pos.contract import References
from pos.intake.plan import Plan
from pos.posting import reference_row
from pos.rules import RULES_VERSION, Post
from pos.sales import figures_of, header_of, mirror_figures_of


def rows_of(plans: Sequence[Plan]) -> list[dict[str, Any]]:
    """Encode the arrivals of several plans."""
    return [row_of(plan) for plan in plans]


def row_of(plan: Plan) -> dict[str, Any]:
    """Encode one arrival: the description of its bytes, and what is to be done (`d`: post, hold, follow, reject)."""
    row = as_row(plan.arrival, plan.ordinal)
    if isinstance(plan.decision, Refusal):
        return row | {"d": "reject", "why": plan.decision.code}
    if plan.is_written_later:
        return row | {"d": "follow"}
    claims = zip(("claim", "dev", "seq"), claimed_by(plan, row.get("ss"), row.get("se")), strict=True)
    row |= {name: value for name, value in claims if value is not None}
    # Also of what is to be posted: should the books refuse it, it is held with these.
    row |= _at_risk(plan.arrival) | more_of(plan)
    if isinstance(plan.decision, Post):
        return row | _post_row(plan.decision)
    return row | {"d": "hold", "why": plan.decision.reason_code}


def lines_of(plans: Sequence[Plan], account_ids: Mapping[AccountRef, int]) -> list[dict[str, Any]]:
    """Encode the postings of several plans, by the ordinal of their arrival; a mirror's by its negative.

    :raises KeyError: an account of theirs is not among the ids.
    """
    return [
        {"o": ordinal, "n": number, "a": account_ids[line.account], "c": line.account.currency, "m": line.amount_minor}
        for plan in plans
        if isinstance(plan.decision, Post) and not plan.is_written_later
        for ordinal, draft in ((plan.ordinal, plan.decision.draft), (-plan.ordinal, plan.decision.mirror))
        if draft is not None
        for number, line in enumerate(draft.lines, 1)
    ]


def claimed_by(plan: Plan, system: str | None, source_id: str | None) -> tuple[str | None, str | None, int | None]:
    """Return what the plan claims besides its key: (source event id, device, the device's number)."""
    if not plan.claims:
        return None, None, None
    device, number = number_of(plan.arrival) or (None, None)
    return None if system is None else source_id, device, number


def more_of(plan: Plan) -> dict[str, Any]:
    """Encode what few arrivals have: references, an entry of the audit log, why one is held and what it waits for."""
    decision = plan.decision
    if isinstance(decision, Post):
        if not decision.draft.lines:
            action = f"pos.{decision.event.event_type.lower()}.recorded"
            return {"audit": {"action": action, "after": {"txn_id": decision.event.txn_id}}}
        return {"r": [reference_row(reference) for reference in decision.references]} if decision.references else {}
    if isinstance(decision, Refusal):
        return {}
    details = {"message": decision.message, "errors": list(decision.errors[:50])}
    return _at_risk(plan.arrival) | {"details": details} | ({"w": _wait_row(plan.awaits)} if plan.awaits else {})


def _at_risk(arrival: Arrival) -> dict[str, Any]:
    return {"risk": arrival.at_risk_minor, "cur": arrival.currency}


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
