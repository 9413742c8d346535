"""The fingerprint of books: equal for equal books however they came, another for every difference."""

import uuid
from typing import Any

from django.utils import timezone

from exceptions.decisions import Decision, DecisionAction
from ledgersafe.simulation import fingerprint
from pos.decisions import resolve_case
from tests.conftest import Shop, open_shop
from tests.scenes.returns import NOTHING


def of(*events: dict[str, Any]) -> str:
    shop = open_shop()
    for event in events:
        answer = shop.send(shop.sale(**event))
        assert answer.status_code in {200, 201}, answer.content
    return fingerprint.books_fingerprint(shop.tenant.id)


def test_order_repeats_and_tenant_do_not_matter(books: None) -> None:
    one, other = {"event_id": "e-1"}, {"event_id": "e-2", "register_id": "till-2"}
    assert of(one, other) == of(other, one, other)


def test_an_amount_an_event_a_day_and_a_register_matter(books: None) -> None:
    sale: dict[str, Any] = {
        "event_id": "e-1",
        "total_amount": 10,
        "line_items": None,
        "tax_lines": None,
        "tenders": None,
    }
    ways = [
        sale,
        sale | {"total_amount": 10.01},
        sale | {"event_id": "e-2"},
        sale | {"occurred_at": "2026-02-26T09:30:00Z"},
        sale | {"method": "cash"},
        sale | {"method": "cash", "register_id": "till-2"},
        sale | {"store_id": "store-2"},
    ]
    assert len({of(way) for way in ways}) == len(ways)


def test_a_version_that_a_person_chose_counts_as_if_it_had_come_first(shop: Shop) -> None:
    true = NOTHING | {"total_amount": 12}
    shop.send(shop.sale("e-1"))
    held = shop.send(shop.sale("e-1", **true)).json()
    decision = Decision(DecisionAction.REPLAY, notes="The receipt says this.", canonical_raw_id=held["raw_id"])
    how: dict[str, Any] = {"actor": "user:anna", "may_approve": True, "now": timezone.now()}
    resolve_case(tenant_id=shop.tenant.id, case_id=uuid.UUID(held["exception_id"]), decision=decision, **how)
    assert fingerprint.books_fingerprint(shop.tenant.id) == of({"event_id": "e-1"} | true)
