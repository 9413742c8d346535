"""The same events in any order, in any batches, however often they come: the same books."""

import itertools
import json
from datetime import datetime
from typing import Any

from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.decisions import release
from pos.intake import receive_batch
from tests.books import assert_books_clean
from tests.conftest import Shop, open_shop
from tests.scenes.returns import NOTHING, about, balances, figures, journals


@st.composite
def days(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A day of a few sales and what became of each, within what each of them bears; as changes of `Shop.sale`."""
    events: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 3))):
        sale = f"sale-{number}"
        tips = [{"amount": 3}]
        events.append({"event_id": sale, "tips": tips, "total_amount": 45.5, "tenders": [
            {"method": "CASH", "amount": 20}, {"method": "CARD", "amount": 25.5, "processor": "stripe"}]})  # fmt: skip
        events += draw(st.sampled_from(BECAME))(sale, draw(st.booleans()))
    return events


def _one(kind: str, event_id: str, original: str, by_transaction: bool, **fields: Any) -> dict[str, Any]:
    named = {"original_txn_id": f"txn-{original}"} if by_transaction else {"original_event_id": original}
    return NOTHING | {"event_type": kind, "event_id": event_id, "references": named} | fields


def _returned(sale: str, by_transaction: bool) -> list[dict[str, Any]]:
    return [
        _one("RETURN", f"{sale}-r1", sale, by_transaction, total_amount=11.11),
        _one("RETURN", f"{sale}-r2", sale, by_transaction, line_items=[{"sku": "B", "amount": 8.5}]),
        _one("RETURN", f"{sale}-r3", sale, by_transaction, total_amount=2),
        _one("VOID", f"{sale}-v3", f"{sale}-r3", False),
        _one("TIP_ADJUST", f"{sale}-t1", sale, by_transaction, total_amount=1),
        _one("TIP_ADJUST", f"{sale}-t2", sale, by_transaction, total_amount=-2),
    ]


def _voided(sale: str, by_transaction: bool) -> list[dict[str, Any]]:
    return [_one("VOID", f"{sale}-v", sale, by_transaction)]


def _corrected(sale: str, by_transaction: bool) -> list[dict[str, Any]]:
    return [
        _one("CORRECTION", f"{sale}-c", sale, by_transaction, total_amount=20, method="cash"),
        _one("RETURN", f"{sale}-r", sale, by_transaction, total_amount=5, tenders=[{"method": "CASH", "amount": 5}],
             tax_lines=[{"code": "VAT", "rate": 0.2, "amount": 0.5}]),
    ]  # fmt: skip


BECAME = [_returned, _voided, _corrected, lambda sale, by_transaction: []]


def _keep(shop: Shop, batches: list[list[dict[str, Any]]], now: datetime) -> tuple[Any, ...]:
    for batch in batches:
        bodies = [json.dumps(shop.sale(**event)).encode() for event in batch]
        receive_batch(principal=shop.principal, bodies=bodies, headers={}, now=now)
    release.release_waiting(tenant_id=shop.tenant.id, now=timezone.now())
    assert_books_clean(shop.tenant.id)
    assert shop.rows("SELECT count(*) FROM exceptions WHERE tenant_id = %s AND status = 'open'") == [(0,)]
    return balances(shop), journals(shop), figures(shop)


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(day=days(), data=st.data())
def test_any_order_ends_in_the_same_books(books: None, day: list[dict[str, Any]], data: st.DataObject) -> None:
    now = timezone.now()
    in_order = _keep(open_shop(), [[event] for event in day], now)
    again = data.draw(st.lists(st.sampled_from(day), max_size=3), label="repeated")
    shuffled = data.draw(st.permutations([*day, *again]), label="order")
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=4), label="cuts"))
    bounds = [0, *cuts, len(shuffled)]
    batches = [shuffled[a:b] for a, b in itertools.pairwise(bounds) if a < b]
    assert _keep(open_shop(), batches, now) == in_order


def test_the_order_of_one_day_by_hand(shop: Shop) -> None:
    """The hardest one: everything backwards, one by one."""
    events = [shop.sale("sold"), about(shop, "RETURN", "back", total_amount=5), about(shop, "VOID", "kept", "back")]
    for event in reversed(events):
        shop.send(event)
    assert len(journals(shop)) == 3
