"""Each invariant of drawers: plant a violation, see exactly it reported."""

import psycopg
import pytest

from tests.conftest import Shop
from tests.scenes.drawers import FLOAT, cash_sale, close, done, open_drawer
from tests.scenes.violations import Ground

CLOSED = "SELECT id FROM pos_ledgers WHERE tenant_id = %(tenant)s AND status = 'CLOSED'"
OPEN = "SELECT id FROM pos_ledgers WHERE tenant_id = %(tenant)s AND status = 'OPEN'"


@pytest.fixture
def ground(shop: Shop, as_owner: psycopg.Connection[object]) -> Ground:
    """A closed drawer with a variance and a late sale that was adjusted, and an open one of the same register."""
    first = open_drawer(shop)
    done(shop, first, "SALE", 1000)
    done(shop, first, "REFUND", 400)
    assert close(shop, first, FLOAT).json()["variance"] == -600
    assert cash_sale(shop, "late").status_code == 201
    done(shop, open_drawer(shop), "SALE", 2000, method="CARD")
    books = Ground(as_owner, shop)
    assert books.broken() == {}
    return books


def change(ground: Ground, what: str, which: str) -> str:
    """Change a drawer past its guards. :returns: its id."""
    return ground.plant(f"UPDATE pos_ledgers SET {what} WHERE id = ({which}) RETURNING id")


def flow(ground: Ground, what: str, which: str) -> str:
    """Change one flow past its guards. :returns: its id."""
    return ground.plant(
        f"UPDATE financial_transactions SET {what} WHERE id = (SELECT min(id) FROM financial_transactions"
        f" WHERE tenant_id = %(tenant)s AND {which}) RETURNING id"
    )


def test_i27_sees_an_open_drawer_that_does_not_hold_what_it_should(ground: Ground) -> None:
    drawer = ground.plant(OPEN)
    ground.plant(f"DELETE FROM financial_transactions WHERE drawer_id = {drawer} AND type = 'FLOAT'")
    broken = ground.broken()
    assert set(broken) == {"I27"}
    assert ("pos_ledgers", drawer) in {(row.table, row.row) for row in broken["I27"]}


def test_i27_sees_a_flow_that_is_not_what_its_journal_did(ground: Ground) -> None:
    row = flow(ground, "cash_minor = 999, amount_minor = 999", "type = 'SALE' AND method = 'CASH' AND NOT is_late")
    broken = ground.broken()
    assert set(broken) == {"I27"}
    assert ("financial_transactions", row) in {(found.table, found.row) for found in broken["I27"]}


def test_i27_sees_an_expected_cash_that_was_changed_afterwards(ground: Ground) -> None:
    drawer = change(
        ground, "expected_cash_minor = expected_cash_minor + 1, variance_minor = variance_minor - 1", CLOSED
    )
    ground.assert_broken("I27", "pos_ledgers", drawer, implied="I28")


def test_i27_sees_an_order_total_that_is_wrong(ground: Ground) -> None:
    ground.plant("UPDATE order_totals SET refunded_minor = 5 WHERE tenant_id = %(tenant)s AND refunded_minor > 0")
    ground.assert_broken("I27", "order_totals", "o-1")


def test_i27_sees_a_transaction_nobody_asked_for(ground: Ground) -> None:
    journal = ground.journal(("SALES", -100), ("SAFE", 100), source="transaction", key="1")
    ground.assert_broken("I27", "journals", journal)


def test_i27_sees_a_drawers_journal_that_is_no_flow(ground: Ground) -> None:
    journal = ground.journal(("SALES", -100), ("SAFE", 100), source="drawer", key="1:opened")
    ground.assert_broken("I27", "journals", journal)


def test_i28_sees_two_open_drawers_of_a_register(ground: Ground) -> None:
    ground.plant("DROP INDEX pos_ledgers_one_open_per_register")
    second = ground.plant(
        "INSERT INTO pos_ledgers (tenant_id, store_id, register_id, account_id, currency, status, starting_cash_minor,"
        " is_blind, opened_by, notes, counted_by, closed_by) SELECT tenant_id, store_id, register_id, account_id,"
        f" currency, 'OPEN', 0, false, 'x', '', '', '' FROM pos_ledgers WHERE id = ({OPEN}) RETURNING id"
    )
    # Two drawers over one account: the cash in it is that of the first.
    ground.assert_broken("I28", "pos_ledgers", second, implied="I27")


def test_i28_sees_a_variance_that_was_not_booked(ground: Ground) -> None:
    drawer = change(ground, "actual_cash_minor = actual_cash_minor + 1, variance_minor = variance_minor + 1", CLOSED)
    ground.assert_broken("I28", "pos_ledgers", drawer)


def test_i28_sees_flows_outside_the_drawers_window(ground: Ground) -> None:
    early = flow(ground, "created_at = created_at - interval '1 day'", "method = 'CARD'")
    ground.assert_broken("I28", "financial_transactions", early)


def test_i28_sees_an_adjustment_that_is_no_mirror(ground: Ground) -> None:
    row = flow(ground, "adjusts_id = id", "type = 'ADJUSTMENT'")
    ground.assert_broken("I28", "financial_transactions", row)
