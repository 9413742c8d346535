"""The requests of the demo and their expected answers: the customer's 60-second story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

#: Expected counters after the four posts.
COUNTS_AFTER_FOUR: Final = {
    "events_raw": 4,
    "exceptions_open": 2,
    "idempotency": {"processed": 1, "quarantined": 1, "ignored": 0},
}
#: Expected counters after the offline batch of seven: four posted, one held, two retries.
COUNTS_AT_THE_END: Final = {
    "events_raw": 11,
    "exceptions_open": 3,
    "idempotency": {"processed": 5, "quarantined": 2, "ignored": 0},
}


@dataclass(frozen=True, slots=True)
class Step:
    """A request of the story."""

    title: str
    why: str
    event: Mapping[str, Any]
    status: int
    reason_code: str | None = None


def steps(tenant: str, now: datetime) -> list[Step]:
    """Return the four posts: sale, exact retry, conflicting version, unknown type."""
    sale = _sale(tenant, now)
    changed = sale | {"total_amount": 41.0, "line_items": [_line("SKU-AAA", 28.5), _line("SKU-BBB", 12.5)]}
    magic = sale | {"event_id": "evt-2001", "source_event_id": "src-2001", "event_type": "MAGIC_EVENT"}
    return [
        Step("A sale arrives", "first of its id: posted to the books in the same commit", sale, 201),
        Step("The till retries", "same bytes, same id: kept, recognised, not posted again", sale, 200),
        Step(
            "The same id with another total",
            "a contradiction: what is posted stays, a person decides",
            changed,
            202,
            "IDEMPOTENCY_CONFLICT",
        ),
        Step("An event nobody knows", "not guessed: held until somebody looks", magic, 202, "UNKNOWN_EVENT_TYPE"),
    ]


def offline_batch(tenant: str, now: datetime) -> tuple[list[dict[str, Any]], Sequence[tuple[int, str | None]]]:
    """Return the events of a till whose network was down, and the (status, reason code) each must get."""
    base = _sale(tenant, now) | {"line_items": None, "total_amount": None}

    def event(number: int, kind: str, minutes_ago: int, **fields: Any) -> dict[str, Any]:
        at = (now - timedelta(minutes=minutes_ago)).isoformat()
        ids = {"event_id": f"evt-{number}", "source_event_id": f"src-{number}", "txn_id": f"txn-{number}"}
        members = base | ids | {"event_type": kind, "occurred_at": at} | fields
        return {name: value for name, value in members.items() if value is not None}

    split = event(
        3001,
        "SALE",
        52,
        total_amount="58.30",
        line_items=[_line("COFFEE", 40), _line("CAKE", 12.5)],
        discounts=[{"code": "LOYALTY", "amount": 2.5}],
        tax_lines=[{"code": "VAT", "rate": 0.08, "amount": 4}],
        tips=[{"amount": 4.3}],
        tenders=[{"method": "CASH", "amount": 20}, {"method": "CARD", "amount": "38.30", "processor": "stripe"}],
    )
    events = [
        split,
        event(3002, "PAID_OUT", 47, total_amount=12, reason="MILK"),
        event(3003, "NO_SALE", 41),
        event(3004, "SALE", 33, total_amount=9.99, line_items=[_line("TEA", 9.5)]),
        event(3005, "CASH_DROP", 20, total_amount=5),
        split,
        _sale(tenant, now),
    ]
    outcomes = [
        (201, None), (201, None), (201, None), (202, "TOTALS_MISMATCH"), (201, None), (200, None), (200, None),
    ]  # fmt: skip
    return events, outcomes


def _sale(tenant: str, now: datetime) -> dict[str, Any]:
    return {
        "schema_version": "1.0",
        "tenant_id": tenant,
        "store_id": "store_001",
        "register_id": "till_1",
        "source_system": "pos_sim",
        "event_id": "evt-1001",
        "source_event_id": "src-1001",
        "event_type": "SALE",
        "occurred_at": (now - timedelta(hours=1)).replace(microsecond=0).isoformat(),
        "txn_id": "txn-9001",
        "currency": "USD",
        "total_amount": 42.5,
        "line_items": [_line("SKU-AAA", 30.0), _line("SKU-BBB", 12.5)],
    }


def _line(sku: str, amount: float) -> dict[str, Any]:
    return {"sku": sku, "qty": 1, "amount": amount}
