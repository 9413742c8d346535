"""Attacks on drawers and their flows with raw SQL, as the owner of the tables: Postgres itself refuses."""

from typing import Any

import psycopg
import pytest

from tests.conftest import Shop, open_shop
from tests.scenes.attacks import Attacker, Raw, assert_refused_by
from tests.scenes.drawers import FLOAT, cash_sale, close, count, done, open_drawer

_FLOW = """
INSERT INTO financial_transactions (tenant_id, drawer_id, journal_id, type, method, currency, amount_minor, cash_minor,
                                    order_id, actor, is_late, adjusts_id)
VALUES (%(tenant)s, %(drawer)s, %(journal)s, %(type)s, %(method)s, %(currency)s, %(amount)s, %(cash)s, %(order)s,
        %(actor)s, %(late)s, %(adjusts)s)
"""


class Burglar(Attacker):
    """At an open drawer with one sale of 50.00."""

    def __init__(self, raw: Raw, shop: Shop) -> None:
        self.drawer = open_drawer(shop)
        done(shop, self.drawer, "SALE", 5000)
        super().__init__(raw, shop)

    def flow(self, **changes: Any) -> None:
        """Insert a flow that no posting made: 1.00 of card, so that there is nothing to post."""
        fields = {
            "tenant": self.shop.tenant.id, "drawer": self.drawer, "journal": self.fields()["id"], "type": "SALE",
            "method": "CARD", "currency": "USD", "amount": 100, "cash": 0, "order": "", "actor": "burglar",
            "late": False, "adjusts": None,
        }  # fmt: skip
        self.raw.execute(_FLOW, fields | changes)

    def change(self, what: str) -> None:
        """Change the drawer."""
        self.raw.execute(f"UPDATE pos_ledgers SET {what} WHERE id = {self.drawer}".encode())


@pytest.fixture
def burglar(shop: Shop, as_owner: Raw) -> Burglar:
    return Burglar(as_owner, shop)


_SECOND = """
INSERT INTO pos_ledgers (tenant_id, store_id, register_id, account_id, currency, status, starting_cash_minor, is_blind,
                         opened_by, notes, counted_by, closed_by)
SELECT {tenant}, store_id, {register}, {account}, {currency}, {status}, 0, false, 'x', '', '', ''
FROM pos_ledgers WHERE id = {drawer}
"""


def second(burglar: Burglar, **changes: Any) -> None:
    """Insert another drawer."""
    said: dict[str, Any] = {
        "tenant": "tenant_id",
        "register": "register_id",
        "account": "account_id",
        "currency": "currency",
    }
    said |= {"status": "'OPEN'", "drawer": burglar.drawer}
    burglar.raw.execute(_SECOND.format(**said | changes).encode())


def test_it_refuses_a_second_open_drawer(burglar: Burglar) -> None:
    cash_out = [(burglar.accounts["DRAWER"], -FLOAT - 5000), (burglar.accounts["SAFE"], FLOAT + 5000)]
    fields = burglar.journal(day=burglar.raw.execute("SELECT max(business_date) FROM periods").fetchone()[0])  # type: ignore[index]
    burglar.postings(fields, cash_out)
    with assert_refused_by("pos_ledgers_one_open_per_register"):
        second(burglar)


def test_it_refuses_a_drawer_over_an_account_that_holds_cash(burglar: Burglar) -> None:
    with assert_refused_by("pos_ledgers_opened_empty"):
        second(burglar)


def test_it_refuses_a_drawer_of_another_tenants_account_or_of_no_drawers(burglar: Burglar) -> None:
    theirs = open_shop()
    for change in ({"tenant": theirs.tenant.id}, {"account": burglar.accounts["SALES"]}, {"currency": "'EUR'"}):
        with assert_refused_by("pos_ledgers_tenant_agrees"):
            second(burglar, **change)
        burglar.raw.rollback()


def test_it_refuses_a_drawer_that_is_born_closed(burglar: Burglar) -> None:
    with assert_refused_by("pos_ledgers_status_forward"):
        second(burglar, status="'CLOSED'")


def test_a_counted_drawer_is_not_opened_again(burglar: Burglar) -> None:
    assert count(burglar.shop, burglar.drawer, 5).status_code == 200
    with assert_refused_by("pos_ledgers_status_forward"):
        burglar.change("status = 'OPEN'")


@pytest.mark.parametrize(
    "what", ["notes = 'x'", "actual_cash_minor = 5", "status = 'OPEN'", "closed_by = 'x'", "expected_cash_minor = 5"]
)
def test_a_closed_drawer_is_sealed(burglar: Burglar, what: str) -> None:
    assert close(burglar.shop, burglar.drawer, FLOAT + 5000).status_code == 200
    with assert_refused_by("pos_ledgers_closed_sealed"):
        burglar.change(what)


@pytest.mark.parametrize("what", ["starting_cash_minor = 5", "currency = 'EUR'", "opened_by = 'x'", "is_blind = true"])
def test_a_drawer_keeps_what_it_was_opened_with(burglar: Burglar, what: str) -> None:
    with assert_refused_by("pos_ledgers_fixed"):
        burglar.change(what)


CLOSED = (
    "status = 'CLOSED', closed_by = 'x', closed_at = now(), counted_at = now(), z_number = 1, grand_total_minor = 1"
)


def test_it_refuses_a_close_whose_figures_do_not_agree(burglar: Burglar) -> None:
    with assert_refused_by("pos_ledgers_closed_balanced"):
        burglar.change(f"{CLOSED}, expected_cash_minor = 15000, actual_cash_minor = 15000, variance_minor = 0")


@pytest.mark.parametrize(
    ("what", "constraint"),
    [
        ("expected_cash_minor = 5", "pos_ledgers_figures_when_closed"),
        ("actual_cash_minor = -1", "pos_ledgers_cash_not_negative"),
        ("status = 'LOST', actual_cash_minor = 5, counted_at = now()", "pos_ledgers_status_known"),
        ("status = 'RECONCILING'", "pos_ledgers_counted"),
    ],
)
def test_it_refuses_figures_that_say_nothing(burglar: Burglar, what: str, constraint: str) -> None:
    with assert_refused_by(constraint):
        burglar.change(what)


def test_variance_is_actual_less_expected(burglar: Burglar) -> None:
    burglar.raw.execute("ALTER TABLE pos_ledgers DISABLE TRIGGER drawers_guard")
    with assert_refused_by("pos_ledgers_figures_agree"):
        burglar.change(f"{CLOSED}, expected_cash_minor = 15000, actual_cash_minor = 15000, variance_minor = 5")


@pytest.mark.parametrize("statement", ["DELETE FROM pos_ledgers", "TRUNCATE pos_ledgers CASCADE"])
def test_drawers_are_never_deleted(burglar: Burglar, statement: str) -> None:
    with assert_refused_by("pos_ledgers_never_deleted"):
        burglar.raw.execute(statement.encode())


@pytest.mark.parametrize("statement", ["UPDATE {} SET actor = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_flows_are_never_rewritten(burglar: Burglar, statement: str) -> None:
    with assert_refused_by("financial_transactions_append_only"):
        burglar.raw.execute(statement.format("financial_transactions").encode())


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"amount": 0}, "financial_transactions_amount_positive"),
        ({"type": "GIFT"}, "financial_transactions_asked_for"),
        ({"method": "BARTER"}, "financial_transactions_only_cash_moves_cash"),
        ({"cash": 100}, "financial_transactions_only_cash_moves_cash"),
        ({"method": "CASH", "cash": 99}, "financial_transactions_only_cash_moves_cash"),
        ({"type": "FLOAT", "method": "CASH", "cash": 100}, "financial_transactions_asked_for"),
        ({"method": "CASH", "cash": -100}, "financial_transactions_type_gives_direction"),
        ({"type": "REFUND", "method": "CASH", "cash": 100}, "financial_transactions_type_gives_direction"),
        ({"type": "PAYOUT"}, "financial_transactions_only_cash_moves_cash"),
        ({"currency": "EUR"}, "financial_transactions_drawer_agrees"),
        ({"drawer": 2**62}, "financial_transactions_drawer_agrees"),
        ({"actor": ""}, "financial_transactions_asked_for"),
        ({"late": True}, "financial_transactions_drawer_open"),
        ({"type": "REFUND", "order": "never"}, "order_totals_refunds_within_sales"),
        ({"type": "REFUND", "order": "o-1", "amount": 5001}, "order_totals_refunds_within_sales"),
        ({"adjusts": 2**62}, "financial_transactions_adjustment_mirrors"),
    ],
)
def test_it_refuses_a_flow_that_cannot_be(burglar: Burglar, change: dict[str, Any], constraint: str) -> None:
    with assert_refused_by(constraint):
        burglar.flow(**change)


def test_it_refuses_a_flow_of_another_tenants_drawer(burglar: Burglar) -> None:
    with assert_refused_by("financial_transactions_drawer_agrees"):
        burglar.flow(drawer=open_drawer(open_shop()))


def test_it_refuses_a_flow_that_no_journal_made(burglar: Burglar) -> None:
    burglar.flow()
    with assert_refused_by("financial_transactions_cash_agrees"):
        burglar.raw.commit()
    burglar.raw.rollback()
    burglar.flow(method="CASH", cash=100)
    with assert_refused_by("financial_transactions_cash_agrees"):
        burglar.raw.commit()


def test_it_refuses_a_flow_into_a_closed_drawer(burglar: Burglar) -> None:
    assert close(burglar.shop, burglar.drawer, 5).status_code == 200
    with assert_refused_by("financial_transactions_drawer_open"):
        burglar.flow()


def test_it_refuses_a_second_flow_of_one_journal(burglar: Burglar) -> None:
    journal = burglar.raw.execute(
        "SELECT journal_id FROM financial_transactions WHERE drawer_id = %s LIMIT 1", [burglar.drawer]
    ).fetchone()
    with assert_refused_by("financial_transactions_one_per_journal"):
        burglar.flow(journal=journal[0] if journal else 0)


def test_a_late_flow_is_adjusted_once(burglar: Burglar, shop: Shop) -> None:
    assert close(shop, burglar.drawer, 5).status_code == 200
    assert cash_sale(shop, "late").status_code == 201
    open_drawer(shop)  # adjusts it
    late = burglar.raw.execute(
        "SELECT id FROM financial_transactions WHERE is_late AND tenant_id = %s", [shop.tenant.id]
    )
    row = late.fetchone()
    burglar.raw.execute("ALTER TABLE financial_transactions DISABLE TRIGGER flows_guard")
    with assert_refused_by("financial_transactions_adjusted_once"):
        burglar.flow(type="ADJUSTMENT", method="CASH", amount=500, cash=-500, adjusts=row[0] if row else 0)


@pytest.mark.cooks_the_books
@pytest.mark.parametrize("isolation", psycopg.IsolationLevel)
def test_an_older_snapshot_does_not_post_into_a_drawer_that_was_closed(
    burglar: Burglar, isolation: psycopg.IsolationLevel
) -> None:
    burglar.raw.set_isolation_level(isolation)
    day = burglar.raw.execute("SELECT max(business_date) FROM periods").fetchone()
    assert close(burglar.shop, burglar.drawer, FLOAT + 5000).status_code == 200
    try:
        fields = burglar.journal(day=day[0] if day else None)
        burglar.postings(fields, burglar.balanced())
        burglar.raw.commit()
    except psycopg.errors.SerializationFailure:
        return
    last = "SELECT is_late FROM financial_transactions WHERE drawer_id = %s ORDER BY id DESC LIMIT 1"
    assert burglar.raw.execute(last, [burglar.drawer]).fetchone() == (True,)


@pytest.mark.parametrize("table", ["financial_transactions", "order_totals"])
def test_the_application_writes_flows_by_their_functions_only(
    burglar: Burglar, as_application: Raw, table: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute(f"INSERT INTO {table} SELECT * FROM {table}".encode())
