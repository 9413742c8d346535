"""The sentinel for near duplicates: a sale under another id, of the same basket at the same till, seconds apart.

Only tenants that ask for it pay: their sales take the long way. Who looks holds a lock on the basket until commit, so
of two at once the second one sees the first. It is a warning, no guarantee: a person's decision posts all the same.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from ledgersafe.db import as_jsonb, call, require_transaction
from pos.answers import Answer
from pos.contract import Event, Hold
from pos.directory import TenantDirectory
from pos.models import EventBasket, Result
from pos.plans import Plan
from pos.verdicts import Post


@dataclass(frozen=True, slots=True)
class Basket:
    """What an arrival would sell, and when."""

    plan: Plan
    event_key: str
    fingerprint: bytes
    occurred_at: datetime


def fingerprint_of(event: Event) -> bytes:
    """SHA-256 of place, currency, total, lines and tenders, these in any order. Pure."""
    lines = sorted([line.sku, f"{line.quantity.normalize():f}", line.amount_minor] for line in event.lines)
    tenders = sorted([tender.method, tender.currency, tender.amount_minor] for tender in event.tenders)
    place = [event.store_code, event.register_code, event.currency, event.total_minor]
    return hashlib.sha256(json.dumps([place, lines, tenders], separators=(",", ":")).encode()).digest()


def are_looked_at(plans: Sequence[Plan], directory: TenantDirectory) -> bool:
    """Whether some of these may be held for their basket."""
    return directory.near_duplicate_seconds > 0 and any(_sale(plan) is not None for plan in plans)


def hold_near_duplicates(plans: Sequence[Plan], directory: TenantDirectory) -> list[Basket]:
    """Hold what looks like another sale, in the books or earlier among these; operation. One statement, or none.

    :returns: the baskets that were looked at.
    """
    require_transaction()
    seconds = directory.near_duplicate_seconds
    found = _baskets(plans) if seconds > 0 else []
    if not found:
        return []
    asked = [_row(basket) for basket in found]
    near: dict[str, Any] = call("pos_near_baskets_v1", directory.tenant_id, seconds, as_jsonb(asked))
    earlier: dict[bytes, list[Basket]] = {}
    for basket in found:
        alike = earlier.setdefault(basket.fingerprint, [])
        known = near.get(str(basket.plan.ordinal))
        other = known or next((one.event_key for one in alike if _is_near(one, basket, seconds)), None)
        if other is None:
            alike.append(basket)
        else:
            message = f"Event {other!r} sold the same basket at the same till, at most {seconds} seconds apart."
            basket.plan.verdict = Hold("NEAR_DUPLICATE", message)
    return found


def keep(tenant_id: int, baskets: Sequence[Basket], answers: Sequence[Answer]) -> None:
    """Of these baskets remember those that were posted; operation of the same transaction. One statement, or none."""
    posted = [basket for basket in baskets if answers[basket.plan.ordinal - 1].result is Result.PROCESSED]
    if posted:
        EventBasket.objects.bulk_create(
            EventBasket(
                tenant_id=tenant_id,
                event_key=basket.event_key,
                basket=basket.fingerprint,
                occurred_at=basket.occurred_at,
            )
            for basket in posted
        )


def _baskets(plans: Sequence[Plan]) -> list[Basket]:
    return [
        Basket(plan, event.event_id, fingerprint_of(event), event.occurred_at)
        for plan in plans
        if (event := _sale(plan)) is not None
    ]


def _sale(plan: Plan) -> Event | None:
    """The sale that is to be posted, if its key is not an earlier one's of the batch."""
    post = plan.verdict
    if plan.follows or not isinstance(post, Post) or post.event.event_type != SALE:
        return None
    return post.event


SALE: Final = "SALE"


def _row(basket: Basket) -> dict[str, Any]:
    return {
        "o": basket.plan.ordinal,
        "k": basket.event_key,
        "basket": basket.fingerprint.hex(),
        "at": basket.occurred_at.isoformat(),
    }


def _is_near(one: Basket, other: Basket, seconds: int) -> bool:
    return abs((one.occurred_at - other.occurred_at).total_seconds()) <= seconds
