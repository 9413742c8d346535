"""Attacks on floors, the history of accounts and carried-out commands with raw SQL."""

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Shop
from tests.scenes.attacks import Attacker, Raw, assert_refused_by
from tests.scenes.transfers import change, open_account, transfer


@pytest.fixture
def attacker(shop: Shop, as_owner: Raw) -> Attacker:
    """An owner's connection to a shop that has posted a sale and a transfer; its drawer keeps at least 20.00."""
    assert shop.send(shop.sale()).status_code == 201
    open_account(shop, "A")
    open_account(shop, "B")
    assert shop.post("/v1/transfers", transfer()).status_code == 201
    assert change(shop, "DRAWER:store-1/till-1:USD", floor="20.00").status_code == 200
    return Attacker(as_owner, shop)


def take(attacker: Attacker, amount: int) -> None:
    """Post a withdrawal from the drawer past the product."""
    fields = attacker.journal()
    attacker.postings(fields, [(attacker.accounts["DRAWER"], -amount), (attacker.accounts["SALES"], amount)])


def test_it_refuses_a_posting_that_takes_an_account_below_its_floor(attacker: Attacker) -> None:
    with assert_refused_by("accounts_floor"):
        take(attacker, 1)


def test_it_refuses_the_second_of_two_that_would_together(attacker: Attacker) -> None:
    fields = attacker.journal()
    attacker.postings(fields, attacker.balanced())  # brings 1.00
    take(attacker, 60)
    with assert_refused_by("accounts_floor"):
        take(attacker, 60)


@pytest.mark.cooks_the_books
@pytest.mark.parametrize("isolation", psycopg.IsolationLevel)
def test_an_older_snapshot_does_not_get_round_a_floor(
    attacker: Attacker, as_application: Raw, isolation: psycopg.IsolationLevel
) -> None:
    """Two withdraw 0.60 each of the 1.00 above the floor; the second began before the first was committed."""
    fields = attacker.journal()
    attacker.postings(fields, attacker.balanced())
    attacker.raw.commit()
    attacker.raw.set_isolation_level(isolation)
    attacker.raw.execute("SELECT count(*) FROM journals")
    post = "SELECT ledger_post_new_v1(%s, %s::jsonb, %s::jsonb)"
    lines = [
        {"o": 0, "n": n, "a": attacker.accounts[role], "c": "USD", "m": amount}
        for n, role, amount in ((1, "DRAWER", -60), (2, "SALES", 60))
    ]
    journal = {
        "o": 0, "date": "2026-02-25", "at": "2026-02-25T10:00:00Z", "kind": "SALE", "source": "event",
        "key": "first", "n": 2, "rules": 1,
    }  # fmt: skip
    as_application.execute(post, [attacker.shop.tenant.id, Jsonb([journal]), Jsonb(lines)])
    as_application.commit()
    with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.SerializationFailure)):
        take(attacker, 60)


def test_it_refuses_a_floor_above_the_balance(attacker: Attacker) -> None:
    with assert_refused_by("accounts_floor"):
        attacker.raw.execute("UPDATE accounts SET floor_minor = 2001 WHERE id = %s", [attacker.accounts["DRAWER"]])


def test_it_refuses_a_new_account_that_is_below_its_floor_already(attacker: Attacker) -> None:
    with assert_refused_by("accounts_floor"):
        attacker.raw.execute(
            "INSERT INTO accounts (tenant_id, code, name, type, currency, status, role, qualifier, floor_minor) "
            "VALUES (%s, 'F', 'F', 'ASSET', 'USD', 'active', '', '', 1)",
            [attacker.shop.tenant.id],
        )


def test_it_refuses_to_close_an_account_that_is_not_empty(attacker: Attacker) -> None:
    with assert_refused_by("accounts_closed_empty"):
        attacker.raw.execute("UPDATE accounts SET status = 'closed' WHERE id = %s", [attacker.accounts["DRAWER"]])


def test_a_change_past_the_product_is_in_the_history_too(attacker: Attacker) -> None:
    account = attacker.accounts["SALES"]
    attacker.raw.execute("UPDATE accounts SET name = 'Hidden' WHERE id = %s", [account])
    found = attacker.raw.execute(
        "SELECT actor, before ->> 'name', after ->> 'name' FROM account_versions WHERE account_id = %s AND version = 2",
        [account],
    ).fetchone()
    assert found == ("system:database", "Sales", "Hidden")


@pytest.mark.parametrize("table", ["account_versions", "transfers"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET actor = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_what_was_done_is_never_rewritten(attacker: Attacker, table: str, statement: str) -> None:
    with assert_refused_by(f"{table}_append_only"):
        attacker.raw.execute(statement.format(table).encode())


def test_the_application_writes_no_history(attacker: Attacker, as_application: Raw) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute(
            "INSERT INTO account_versions (tenant_id, account_id, version, changed_at, actor, after) "
            "VALUES (%s, %s, 9, now(), 'x', '{}')",
            [attacker.shop.tenant.id, attacker.accounts["SALES"]],
        )


def test_it_refuses_a_second_command_of_one_key(attacker: Attacker) -> None:
    with assert_refused_by("transfers_one_per_idempotency_key"):
        attacker.raw.execute(
            "INSERT INTO transfers (tenant_id, client_id, idempotency_key, fingerprint, journal_id, actor) "
            "SELECT tenant_id, client_id, idempotency_key, fingerprint, journal_id + 1, actor FROM transfers "
            "WHERE tenant_id = %s",
            [attacker.shop.tenant.id],
        )
