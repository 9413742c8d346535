"""Transactions, tenants and retries on a real connection."""

from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from psycopg import sql
from psycopg.pq import TransactionStatus

from ledgersafe.audit import trail
from ledgersafe.postgres import db
from ledgersafe.postgres.db import TransactionRequired, require_transaction, tenant_transaction
from tests.conftest import Shop


def current_tenant() -> str:
    """What row-level security would compare with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.tenant_id', true), '')")
        row = cursor.fetchone()
    return str(row[0]) if row else ""


def test_a_use_case_names_its_tenant_to_postgres_until_it_ends(shop: Shop) -> None:
    with tenant_transaction(shop.tenant.id):
        assert current_tenant() == str(shop.tenant.id)
    assert current_tenant() == ""


def test_the_tenant_is_forgotten_when_the_use_case_fails(shop: Shop) -> None:
    with pytest.raises(ZeroDivisionError), tenant_transaction(shop.tenant.id):
        raise ZeroDivisionError
    assert current_tenant() == ""


def test_ingest_names_its_tenant_to_postgres(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    from pos.intake import writer

    seen: list[str] = []
    original = db.call

    def looking(function: str, *args: object) -> object:
        seen.append(current_tenant())
        return original(function, *args)

    monkeypatch.setattr(writer, "call", looking)
    assert shop.send(shop.sale()).status_code == 201
    assert seen == [str(shop.tenant.id)]


def test_a_preview_answers_and_writes_nothing(shop: Shop) -> None:
    def rename() -> str:
        with db.rolled_back(shop.tenant.id):
            type(shop.tenant).objects.filter(pk=shop.tenant.pk).update(name="Preview")
            return type(shop.tenant).objects.get(pk=shop.tenant.pk).name

    assert rename() == "Preview"
    shop.tenant.refresh_from_db()
    assert shop.tenant.name != "Preview"
    assert not connection.in_atomic_block


def test_it_reads_what_is_committed_whatever_the_servers_default(shop: Shop, as_owner: psycopg.Connection[Any]) -> None:
    ((name,),) = as_owner.execute("SELECT current_database()").fetchall()
    default = sql.SQL("ALTER DATABASE {} SET default_transaction_isolation = 'serializable'")
    as_owner.execute(default.format(sql.Identifier(name)))
    as_owner.commit()
    try:
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            assert cursor.fetchone() == ("read committed",)
    finally:
        connection.close()
        as_owner.execute(sql.SQL("ALTER DATABASE {} RESET default_transaction_isolation").format(sql.Identifier(name)))
        as_owner.commit()


def test_a_use_case_refuses_to_run_inside_another(shop: Shop) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"), tenant_transaction(shop.tenant.id):
        pass


def test_an_operation_refuses_to_run_outside_a_use_case(shop: Shop) -> None:
    with pytest.raises(TransactionRequired):
        require_transaction()
    with pytest.raises(TransactionRequired):
        trail.record(tenant_id=shop.tenant.id, actor="x", action="a.b.c", object_type="o", object_id=1)


def test_row_level_security_could_be_switched_on_without_touching_ingest(shop: Shop) -> None:
    """The real thing, in the database alone: policies on the tables of the path, and a sale goes through."""
    from tests.conftest import connect

    tables = ("events_raw", "event_outcomes", "events_processed", "event_versions", "exceptions", "accounts", "periods")
    with connect(None) as owner:
        owner.autocommit = True
        try:
            for table in tables:
                owner.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY".encode())
                owner.execute(
                    f"CREATE POLICY of_tenant ON {table} USING "
                    "(tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)".encode()
                )
            answers = [shop.send(shop.sale()), shop.send(shop.sale()), shop.send(shop.sale(total_amount=43))]
            answers.append(shop.send(shop.sale("evt-2")))  # by now in one round trip, outside tenant_transaction
            hidden = shop.number("events_raw")
        finally:
            for table in tables:
                owner.execute(f"DROP POLICY IF EXISTS of_tenant ON {table}".encode())
                owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY".encode())
    assert [answer.status_code for answer in answers] == [201, 200, 202, 201]
    assert hidden == 0  # outside a use case nothing is seen
    assert shop.number("events_raw") == 4


def test_a_call_belongs_to_the_block_it_is_made_in(shop: Shop) -> None:
    """Also where nothing was sent before it: a call that began no transaction would stand whatever the block does."""
    with transaction.atomic():
        assert db.call("pg_advisory_xact_lock", 4711) is None
        assert db.raw_connection().info.transaction_status == TransactionStatus.INTRANS
    assert db.raw_connection().info.transaction_status == TransactionStatus.IDLE


def test_a_call_says_what_postgres_refused(shop: Shop) -> None:
    with pytest.raises(IntegrityError) as refused, tenant_transaction(shop.tenant.id):
        db.call("ledger_refuse_v1", "some_constraint", "No.")
    assert db.sqlstate(refused.value) == "23514"
    with pytest.raises(ProgrammingError), tenant_transaction(shop.tenant.id):
        db.call("no_such_function", 1)
    assert shop.send(shop.sale()).status_code == 201  # the connection is as good as new


def test_a_question_survives_the_loss_of_its_prepared_statement(shop: Shop) -> None:
    question = ("pos_originals_v1", shop.tenant.id, '{"keys":[],"transactions":[],"also":["evt-1"],"own":[]}', False)
    answer = db.ask(*question)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert db.ask(*question) == answer


@pytest.mark.parametrize("discarding", ["DEALLOCATE ALL", "DEALLOCATE pos_receive_alone_v1"])
def test_ingest_survives_the_loss_of_its_prepared_statements(shop: Shop, discarding: str) -> None:
    for number in range(2):
        assert shop.send(shop.sale(f"before-{number}")).status_code == 201
    with connection.cursor() as cursor:
        cursor.execute(discarding)
    for number in range(2):
        assert shop.send(shop.sale(f"after-{number}")).status_code == 201
        assert shop.send(shop.sale(f"after-{number}", reason="other")).status_code == 202
    assert shop.number("journals") == 4
