"""Attacks on journals and postings with raw SQL, as the owner of the tables: Postgres itself refuses."""

import psycopg
import pytest

from tests.conftest import Shop, open_shop
from tests.scenes.attacks import Attacker, Raw, assert_refused_by


@pytest.fixture
def attacker(shop: Shop, as_owner: Raw) -> Attacker:
    """An owner's connection to a shop that has posted one sale."""
    assert shop.send(shop.sale()).status_code == 201
    return Attacker(as_owner, shop)


@pytest.mark.cooks_the_books
def test_it_takes_a_balanced_journal(attacker: Attacker) -> None:
    attacker.postings(attacker.journal(), attacker.balanced())
    attacker.raw.commit()
    assert attacker.shop.number("journals") == 2


@pytest.mark.parametrize("amounts", [(100, -99), (100, 100), (1, -2)])
def test_it_refuses_a_journal_that_does_not_balance(attacker: Attacker, amounts: tuple[int, int]) -> None:
    lines = [(attacker.accounts["DRAWER"], amounts[0]), (attacker.accounts["SALES"], amounts[1])]
    fields = attacker.journal()
    with assert_refused_by("postings_balanced"):
        attacker.postings(fields, lines)


def test_it_refuses_currencies_that_only_balance_together(attacker: Attacker) -> None:
    assert attacker.shop.send(attacker.shop.sale("evt-eur", currency="EUR")).status_code == 201
    sql = "SELECT id FROM accounts WHERE tenant_id = %s AND role = 'SALES' AND currency = 'EUR'"
    euros = attacker.shop.rows(sql)[0][0]
    fields = attacker.journal()
    good = fields | {"line": 1, "account": attacker.accounts["DRAWER"], "amount": 100}
    with assert_refused_by("postings_balanced"):
        attacker.together([good, fields | {"line": 2, "account": euros, "amount": -100, "currency": "EUR"}])


def test_it_refuses_a_journal_without_postings_at_commit(attacker: Attacker) -> None:
    attacker.journal()
    with assert_refused_by("journals_never_empty"):
        attacker.raw.commit()


def test_it_refuses_an_empty_journal_beside_a_full_one(attacker: Attacker) -> None:
    full = attacker.journal()
    attacker.journal()
    attacker.postings(full, attacker.balanced())
    with assert_refused_by("journals_never_empty"):
        attacker.raw.commit()


def test_it_refuses_a_journal_of_one_posting(attacker: Attacker) -> None:
    with assert_refused_by("journals_two_postings"):
        attacker.journal(count=1)


def test_it_refuses_postings_that_come_one_by_one(attacker: Attacker) -> None:
    fields = attacker.journal()
    with assert_refused_by("postings_balanced"):
        attacker.postings(fields, attacker.balanced()[:1])


def test_it_refuses_postings_added_in_a_later_transaction(attacker: Attacker) -> None:
    journal_id = attacker.shop.rows("SELECT id FROM journals WHERE tenant_id = %s")[0][0]
    later = attacker.fields(id=journal_id)
    values = [later | {"line": 90 + n, "account": a, "amount": m} for n, (a, m) in enumerate(attacker.balanced())]
    with assert_refused_by("postings_complete_set"):
        attacker.together(values)


def test_it_refuses_postings_added_later_in_the_same_transaction(attacker: Attacker) -> None:
    fields = attacker.journal()
    attacker.postings(fields, attacker.balanced())
    more = [fields | {"line": 10 + n, "account": a, "amount": m} for n, (a, m) in enumerate(attacker.balanced())]
    with assert_refused_by("postings_complete_set"):
        attacker.together(more)


def test_it_refuses_fewer_postings_than_the_journal_was_sealed_with(attacker: Attacker) -> None:
    fields = attacker.journal(count=3)
    with assert_refused_by("postings_complete_set"):
        attacker.postings(fields, attacker.balanced())


def test_it_refuses_postings_without_a_journal(attacker: Attacker) -> None:
    with assert_refused_by("postings_complete_set"):
        attacker.postings(attacker.fields(), attacker.balanced())


def test_it_refuses_a_posting_of_zero(attacker: Attacker) -> None:
    fields = attacker.journal(count=3)
    with assert_refused_by("postings_never_zero"):
        attacker.postings(fields, [*attacker.balanced(), (attacker.accounts["SALES_TAX"], 0)])


def test_it_refuses_a_posting_in_another_currency_than_its_account(attacker: Attacker) -> None:
    fields = attacker.journal(currency="EUR")
    with assert_refused_by("postings_account_agrees"):
        attacker.postings(fields, attacker.balanced())


def test_it_refuses_an_account_of_another_tenant(attacker: Attacker) -> None:
    other = open_shop()
    assert other.send(other.sale()).status_code == 201
    foreign = other.rows("SELECT id FROM accounts WHERE tenant_id = %s AND role = 'SALES'")[0][0]
    fields = attacker.journal()
    with assert_refused_by("postings_account_agrees"):
        attacker.postings(fields, [(attacker.accounts["DRAWER"], 100), (foreign, -100)])


def test_it_refuses_postings_of_another_tenant_than_the_journal(attacker: Attacker) -> None:
    other = open_shop()
    assert other.send(other.sale()).status_code == 201
    theirs = Attacker(attacker.raw, other)
    fields = attacker.journal() | {"tenant": other.tenant.id}
    with assert_refused_by("postings_complete_set"):
        attacker.postings(fields, theirs.balanced())


def test_it_refuses_postings_on_another_day_than_the_journal(attacker: Attacker) -> None:
    fields = attacker.journal() | {"day": "2026-02-24"}
    with assert_refused_by("postings_complete_set"):
        attacker.postings(fields, attacker.balanced())


def test_it_refuses_a_blocked_account(attacker: Attacker) -> None:
    attacker.raw.execute("UPDATE accounts SET status = 'blocked' WHERE id = %s", [attacker.accounts["SALES"]])
    fields = attacker.journal()
    with assert_refused_by("postings_account_agrees"):
        attacker.postings(fields, attacker.balanced())


def test_it_refuses_a_second_effective_journal_for_a_key(attacker: Attacker) -> None:
    with assert_refused_by("journals_one_effective_per_key"):
        attacker.journal(key="evt-1")


def test_it_refuses_a_new_revision_while_the_last_one_stands(attacker: Attacker) -> None:
    with assert_refused_by("journals_one_effective_per_key"):
        attacker.journal(key="evt-1", revision=2)


@pytest.mark.cooks_the_books
def test_it_takes_a_new_revision_after_the_last_one_was_reversed(attacker: Attacker) -> None:
    posted = attacker.shop.rows("SELECT id FROM journals WHERE tenant_id = %s")[0][0]
    mirror = attacker.mirror_of(posted)
    attacker.postings(attacker.journal(key="evt-1", reverses=posted, count=len(mirror)), mirror)
    attacker.postings(attacker.journal(key="evt-1", revision=2), attacker.balanced())
    attacker.raw.commit()
    assert attacker.shop.number("journals") == 3


def test_it_refuses_to_reverse_a_journal_twice(attacker: Attacker) -> None:
    posted = attacker.shop.rows("SELECT id FROM journals WHERE tenant_id = %s")[0][0]
    attacker.postings(attacker.journal(reverses=posted), attacker.balanced())
    with assert_refused_by("journals_reversed_once"):
        attacker.journal(reverses=posted)


def test_it_refuses_to_reverse_a_journal_of_another_tenant(attacker: Attacker) -> None:
    other = open_shop()
    assert other.send(other.sale()).status_code == 201
    foreign = other.rows("SELECT id FROM journals WHERE tenant_id = %s")[0][0]
    with assert_refused_by("journals_reversal_agrees"):
        attacker.journal(reverses=foreign)


@pytest.mark.parametrize(
    "table", ["journals", "postings", "events_raw", "event_outcomes", "audit_log", "balance_snapshots"]
)
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_it_refuses_to_change_what_is_append_only(as_owner: Raw, table: str, statement: str) -> None:
    with assert_refused_by(f"{table}_append_only"):
        as_owner.execute(statement.format(table).encode())


def test_it_refuses_it_in_a_session_that_plays_replica_too(as_owner: Raw) -> None:
    as_owner.execute("SET LOCAL session_replication_role = replica")
    with assert_refused_by("postings_append_only"):
        as_owner.execute("DELETE FROM postings")


@pytest.mark.parametrize(
    "table", ["journals", "postings", "events_raw", "event_outcomes", "audit_log", "balance_snapshots"]
)
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_role_may_not_even_try(as_application: Raw, table: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute(statement.format(table).encode())


@pytest.mark.parametrize("table", ["journals", "postings"])
def test_the_application_role_writes_the_books_through_the_function_only(as_application: Raw, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute(f"INSERT INTO {table} DEFAULT VALUES".encode())


def test_the_application_role_cannot_disarm_a_guard(as_application: Raw) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute("ALTER TABLE postings DISABLE TRIGGER ALL")
