"""Fingerprint baskets: place, currency, total, lines and tenders of a sale, by which another sale is like it. Pure."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pos.contract import Event
from pos.intake.plan import Plan
from pos.rules import Post


@dataclass(frozen=True, slots=True)
class Basket:
    """The basket of a sale that is to be posted, and the instant of sale."""

    plan: Plan
    event_key: str
    fingerprint: bytes
    occurred_at: datetime

    @property
    def row(self) -> dict[str, Any]:
        """Encode the basket as `pos_near_baskets_v1` reads it."""
        return {
            "o": self.plan.ordinal,
            "k": self.event_key,
            "basket": self.fingerprint.hex(),
            "at": self.occurred_at.isoformat(),
        }

    def is_near(self, other: "Basket", seconds: int) -> bool:
        """Tell whether both were sold within so many seconds."""
        return abs((self.occurred_at - other.occurred_at).total_seconds()) <= seconds


def fingerprint_of(event: Event) -> bytes:
    """Hash (SHA-256) place, currency, total, lines and tenders of a sale; lines and tenders in any order."""
    lines = sorted([line.sku, f"{line.quantity.normalize():f}", line.amount_minor] for line in event.lines)
    tenders = sorted([tender.method, tender.currency, tender.amount_minor] for tender in event.tenders)
    place = [event.store_code, event.register_code, event.currency, event.total_minor]
    return hashlib.sha256(json.dumps([place, lines, tenders], separators=(",", ":")).encode()).digest()


def baskets_of(plans: Sequence[Plan]) -> list[Basket]:
    """Collect the baskets of all sales that are to be posted."""
    return [
        Basket(plan, event.event_id, fingerprint_of(event), event.occurred_at)
        for plan in plans
        if (event := sale_of(plan)) is not None
    ]


def sale_of(plan: Plan) -> Event | None:
    """Return the sale that is to be posted; None of anything else, and of a key the request had before."""
    post = plan.decision
    if plan.follows or not isinstance(post, Post) or post.event.event_type != "SALE":
        return None
    return post.event
