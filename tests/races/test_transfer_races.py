"""Transfers at once: one journal per key, no deadlock that escapes, floors and closed days held."""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ledger.periods import periods
from ledgersafe.postgres.db import tenant_transaction
from tests.conftest import Shop
from tests.scenes.crowd import all_at_once
from tests.scenes.transfers import balances, change, entry, move, open_accounts, transfer

pytestmark = pytest.mark.xdist_group("races")
DAY = "2026-02-25"


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop with three accounts."""
    open_accounts(shop, "A", "B", "F")
    return shop


def posting(shop: Shop, body: dict[str, Any]) -> Callable[[], Any]:
    """Send it, from a client of its own."""
    other = Shop(shop.tenant, shop.key, shop.principal, Client())
    return lambda: other.post("/v1/transfers", body)


def moving(shop: Shop, to: str, source: str, times: int = 10, **changes: Any) -> Callable[[], list[int]]:
    """Send a few transfers of 1.00, one after the other: their statuses."""
    other = Shop(shop.tenant, shop.key, shop.principal, Client())
    return lambda: [move(other, to, source, "1.00", **changes).status_code for _ in range(times)]


def test_fifty_posts_of_one_key_are_one_journal(shop: Shop) -> None:
    answers = all_at_once([posting(shop, transfer(idempotency_key="one")) for _ in range(50)])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 49}
    assert len({answer.json()["journal_id"] for answer in answers}) == 1
    assert balances(shop) == {"A": 1000, "B": -1000}


def test_of_two_bodies_under_one_key_one_wins(shop: Shop) -> None:
    bodies = [transfer(idempotency_key="one", memo=str(n % 2)) for n in range(20)]
    answers = all_at_once([posting(shop, body) for body in bodies])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 9, 422: 10}


def test_opposite_transfers_never_fail(shop: Shop) -> None:
    works = [moving(shop, *pair) for pair in [("A", "B"), ("B", "A")] * 8]
    statuses = [status for one in all_at_once(works) for status in one]
    assert Counter(statuses) == {201: 160}
    assert balances(shop) == {}


def test_opposite_transfers_between_floored_accounts_never_fail(shop: Shop) -> None:
    for code in ("A", "B"):
        assert move(shop, code, "F", "100").status_code == 201
        assert change(shop, code, floor="0").status_code == 200
    works = [moving(shop, *pair) for pair in [("A", "B"), ("B", "A")] * 8]
    statuses = [status for one in all_at_once(works) for status in one]
    assert Counter(statuses) == {201: 160}
    assert balances(shop) == {"A": 10000, "B": 10000, "F": -20000}


def test_opposite_bulks_with_the_same_floored_accounts_never_fail(shop: Shop) -> None:
    for code in ("A", "B"):
        assert move(shop, code, "F", "1000").status_code == 201
        assert change(shop, code, floor="0").status_code == 200

    def bulk(first: str, second: str) -> Callable[[], int]:
        takes = [transfer(entry("F", 1), entry(code, -1)) for code in (first, second)]
        other = Shop(shop.tenant, shop.key, shop.principal, Client())
        return lambda: other.post("/v1/transfers/bulk", {"transfers": takes}).status_code

    assert Counter(all_at_once([bulk(*pair) for pair in [("A", "B"), ("B", "A")] * 8])) == {201: 16}


def test_a_floor_holds_under_twenty_withdrawals(shop: Shop) -> None:
    assert move(shop, "F", "A", "7.00").status_code == 201
    assert change(shop, "F", floor="0").status_code == 200
    statuses = [status for one in all_at_once([moving(shop, "B", "F", 1)] * 20) for status in one]
    assert Counter(statuses) == {201: 7, 409: 13}
    assert balances(shop) == {"A": -700, "B": 700}


def test_a_floor_set_while_withdrawals_are_under_way_is_held_from_then_on(shop: Shop) -> None:
    assert move(shop, "F", "A", "50.00").status_code == 201
    other = Shop(shop.tenant, shop.key, shop.principal, Client())

    def flooring() -> list[int]:
        time.sleep(random.uniform(0, 0.1))
        return [change(other, "F", floor="0").status_code]

    *moved, (set_status,) = all_at_once([*[moving(shop, "B", "F", 8)] * 10, flooring])
    assert set_status in {200, 409}
    taken = sum(status == 201 for one in moved for status in one)
    assert taken == 50 if set_status == 200 else taken > 50


def test_an_account_closed_while_it_is_posted_to_stays_empty(shop: Shop) -> None:
    assert move(shop, "A", "B", "1", value_date=DAY).status_code == 201
    other = Shop(shop.tenant, shop.key, shop.principal, Client())
    *_, closed = all_at_once(
        [*[moving(shop, "F", "A", 3)] * 6, lambda: [change(other, "F", status="closed").status_code]]
    )
    assert closed[0] in {200, 409}
    assert (closed == [200]) == ("F" not in balances(shop))


def test_two_who_undo_a_journal_undo_it_once(shop: Shop) -> None:
    number = shop.post("/v1/transfers", transfer()).json()["journal_id"]

    def undoing(key: str) -> Callable[[], int]:
        other = Shop(shop.tenant, shop.key, shop.principal, Client())
        return lambda: other.post(f"/v1/journals/{number}/reverse", {}, HTTP_X_IDEMPOTENCY_KEY=key).status_code

    assert Counter(all_at_once([undoing(f"k-{n}") for n in range(8)])) == {201: 1, 409: 7}
    assert balances(shop) == {}


def test_no_transfer_slips_into_a_day_after_its_snapshot(shop: Shop) -> None:
    assert move(shop, "A", "B", "1", value_date=DAY).status_code == 201

    def closing() -> list[int]:
        time.sleep(0.05)
        with tenant_transaction(shop.tenant.id):
            periods.seal(shop.tenant, date.fromisoformat(DAY), now=timezone.now())
        return []

    works = [moving(shop, "A", "B", 10, value_date=DAY) for _ in range(12)]
    statuses = Counter(status for one in all_at_once([*works, closing]) for status in one)
    assert set(statuses) <= {201, 409}
    snapshots = shop.rows(
        "SELECT account_id, balance_minor FROM balance_snapshots WHERE tenant_id = %s AND balance_minor <> 0 ORDER BY 1"
    )
    ledger = shop.rows(
        "SELECT account_id, sum(amount_minor)::bigint FROM postings WHERE tenant_id = %s GROUP BY 1 ORDER BY 1"
    )
    assert snapshots == ledger
    assert balances(shop)["A"] == 100 * (1 + statuses[201])
