"""Attacks of the application role on the way round the guards: other tables before ours, other settings, another path.

It is what an SQL injection or a stolen URL acts as. Each attack commits, and is refused twice over: the role can make
nothing that stands before our tables, and the guards would not look at it if it could.
"""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from ledgersafe.postgres import grants
from tests.conftest import Shop, connect
from tests.guards.test_decisions import RESOLVE, disputed
from tests.scenes.attacks import Raw, assert_refused_by

#: Stand before ours where a session's temporary tables are looked at first, which is what Postgres does unless told.
FORGED_DECISION = """
CREATE TEMP TABLE exception_resolutions AS SELECT tenant_id, id AS case_id, 'resolved'::text AS stage,
    'user:eve'::text AS actor, 'mark_resolved_no_replay'::text AS action FROM exceptions
"""
FORGED_POSTINGS = "CREATE TEMP TABLE postings AS SELECT journal_id, account_id, amount_minor FROM postings LIMIT 0"
FORGED = (FORGED_DECISION, FORGED_POSTINGS)
HOSTILE_PATHS = ("pg_temp, public", "pg_temp, public, pg_catalog", "pg_catalog", "")


@pytest.fixture
def may_make_tables(as_owner: Raw) -> Iterator[None]:
    """As on a database where somebody granted it again."""
    ((name,),) = as_owner.execute("SELECT current_database()").fetchall()
    names = {"database": sql.Identifier(name), "role": sql.Identifier(settings.APPLICATION_ROLE)}
    as_owner.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {database} TO {role}").format(**names))
    as_owner.commit()
    yield
    as_owner.execute(sql.SQL("REVOKE TEMPORARY ON DATABASE {database} FROM {role}").format(**names))
    as_owner.commit()


@pytest.fixture
def mallory(books: None) -> Iterator[Raw]:
    """A session of the application role that nobody else uses afterwards."""
    with connect(settings.APPLICATION_ROLE) as raw:
        yield raw
        raw.rollback()


def post(raw: Raw, shop: Shop, lines: list[tuple[int, int]], **changes: Any) -> int:
    """Post a journal as the product does. :returns: its id."""
    ((number,),) = raw.execute("SELECT nextval('journals_id_seq')").fetchall()
    journal = {
        "o": 0, "id": number, "date": "2026-02-25", "at": "2026-02-25T09:30:00Z", "kind": "SALE", "source": "event",
        "key": f"attack-{number}", "n": 2, "rules": 1,
    } | changes  # fmt: skip
    told = [{"o": 0, "n": n, "a": account, "c": "USD", "m": minor} for n, (account, minor) in enumerate(lines, 1)]
    raw.execute("SELECT ledger_post_v1(%s, %s, %s)", [shop.tenant.id, json.dumps([journal]), json.dumps(told)])
    return int(number)


def post_rows(raw: Raw, shop: Shop, journal: int | None = None) -> None:
    """A journal without postings, told in columns; none at all when one is named, and then two postings for that."""
    accounts = ids_of(shop)
    new = "nextval('journals_id_seq')" if journal is None else "NULL"
    lines = "'{}', '{}', '{}', '{}'" if journal is None else "'{1,1}', '{3,4}', %(accounts)s, '{5,-5}'"
    statement = f"""
    SELECT ledger_post_rows_v1(%(tenant)s, 1, '{{2026-02-25T09:30:00Z}}', '{{attack-x}}', '{{""}}',
        ARRAY[{new}::bigint], '{{1}}', '{{event}}',
        '{{SALE}}', '{{2026-02-25}}', '{{2}}', '{{f}}', {lines}, NULL, 'USD')"""
    raw.execute(statement.encode(), {"tenant": shop.tenant.id, "accounts": accounts})


def ids_of(shop: Shop) -> list[int]:
    """A drawer and the sales of the shop."""
    roles: Any = shop.rows("SELECT role, id FROM accounts WHERE tenant_id = %s")
    return [dict(roles)[role] for role in ("DRAWER", "SALES")]


def pretend(raw: Raw, awaited: str) -> None:
    raw.execute("SELECT set_config('ledger.awaiting', %s, true)", [awaited])


# ── A session's own tables ──────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("table", FORGED)
def test_the_application_role_makes_no_temporary_tables(shop: Shop, mallory: Raw, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        mallory.execute(table.encode())


@pytest.mark.parametrize(
    "creation",
    ["CREATE TABLE public.mine ()", "CREATE SCHEMA mine", "CREATE FUNCTION public.f() RETURNS int RETURN 1"],
)
def test_the_application_role_makes_nothing_else_either(mallory: Raw, creation: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        mallory.execute(creation.encode())


def test_a_temporary_table_is_no_record_of_a_decision(shop: Shop, mallory: Raw, may_make_tables: None) -> None:
    disputed(shop)
    mallory.execute(FORGED_DECISION.encode())
    mallory.execute(RESOLVE.encode(), [shop.tenant.id])
    with assert_refused_by("exceptions_decision_on_record"):
        mallory.commit()


def test_a_reversal_is_not_compared_with_a_temporary_table(shop: Shop, mallory: Raw, may_make_tables: None) -> None:
    """Two postings that mirror nothing: the comparison at commit found none in the table that stood before."""
    shop.send(shop.sale())
    ((original,),) = shop.rows("SELECT id FROM journals WHERE tenant_id = %s")
    mallory.execute(FORGED_POSTINGS.encode())
    drawer, sales = ids_of(shop)
    post(mallory, shop, [(drawer, 100), (sales, -100)], reverses=original, kind="REVERSAL")
    with assert_refused_by("journals_reversal_mirrors"):
        mallory.commit()


# ── The setting in which the guards tell each other what is awaited ─────────────────────────────
def test_a_journal_without_postings_is_refused_whatever_the_setting_says(shop: Shop, mallory: Raw) -> None:
    shop.send(shop.sale())
    with assert_refused_by("journals_never_empty"):
        post(mallory, shop, [])
        pretend(mallory, "{}")
        mallory.commit()


def test_a_journal_told_in_columns_without_postings_is_refused_whatever_the_setting_says(
    shop: Shop, mallory: Raw
) -> None:
    shop.send(shop.sale())
    with assert_refused_by("journals_never_empty"):
        post_rows(mallory, shop)
        pretend(mallory, "{}")
        mallory.commit()


@pytest.mark.parametrize("in_columns", [False, True])
def test_nothing_is_added_to_a_journal_that_the_setting_names(shop: Shop, mallory: Raw, in_columns: bool) -> None:
    """Without a new journal of its own, or beside one."""
    shop.send(shop.sale())
    ((journal,),) = shop.rows("SELECT id FROM journals WHERE tenant_id = %s")
    drawer, sales = ids_of(shop)
    pretend(mallory, json.dumps({str(journal): [shop.tenant.id, "2026-02-25", 2]}))
    with assert_refused_by("postings_complete_set"):
        if in_columns:
            post_rows(mallory, shop, journal)
        else:
            post(mallory, shop, [(drawer, 5), (sales, -5)])
        mallory.commit()


# ── The path on which names are looked up ───────────────────────────────────────────────────────
@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_the_guards_look_names_up_where_they_always_do(
    shop: Shop, mallory: Raw, may_make_tables: None, path: str
) -> None:
    disputed(shop)
    mallory.execute(FORGED_DECISION.encode())
    mallory.execute(RESOLVE.encode(), [shop.tenant.id])
    mallory.execute("SELECT set_config('search_path', %s, false)", [path])
    with assert_refused_by("exceptions_decision_on_record"):
        mallory.commit()


def test_a_sale_is_posted_whatever_path_the_session_has(shop: Shop) -> None:
    assert shop.send(shop.sale("first")).status_code == 201
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = pg_temp, public")
    try:
        assert shop.send(shop.sale("second")).status_code == 201
    finally:
        connection.close()


def test_every_function_looks_names_up_where_it_always_does(as_owner: Raw) -> None:
    """New ones too. Asked of Postgres, not of our SQL files."""
    ours = """
    SELECT f.prorettype = 'trigger'::regtype OR f.prosecdef AS guards,
           coalesce('search_path=public, pg_temp' = ANY (f.proconfig), false) AS is_pinned, count(*)
    FROM pg_proc f WHERE f.pronamespace = 'public'::regnamespace
      AND f.proowner = (SELECT relowner FROM pg_class WHERE oid = 'tenants'::regclass) GROUP BY 1, 2"""
    numbers = {(guards, pinned): number for guards, pinned, number in as_owner.execute(ours).fetchall()}
    assert numbers[True, True] >= 50
    assert (True, False) not in numbers
    assert numbers[False, False] <= 12  # inlined, and without a table
    assert as_owner.execute(grants.UNPINNED).fetchall() == []


def test_a_migration_gives_every_function_its_path_and_takes_creation_away(books: None) -> None:
    """What a later migration makes, and what somebody has granted meanwhile."""
    role = connection.ops.quote_name(settings.APPLICATION_ROLE)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")  # the owner, who migrates
        cursor.execute("CREATE FUNCTION planted_v1() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        cursor.execute(
            "CREATE FUNCTION planted_v2() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT max(id) FROM tenants'"
        )
        cursor.execute("CREATE FUNCTION planted_v3() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT 1::bigint'")
        cursor.execute(f"GRANT CREATE ON SCHEMA public TO {role}; GRANT CREATE ON SCHEMA public TO PUBLIC")
        cursor.execute(f"DO $$ BEGIN EXECUTE 'GRANT TEMP ON DATABASE ' || current_database() || ' TO {role}'; END $$")
        grants.pin_search_paths()
        grants.forbid_creation()
        cursor.execute("SELECT proname, proconfig FROM pg_proc WHERE proname LIKE 'planted%' ORDER BY 1")
        pinned = ["search_path=public, pg_temp"]
        assert cursor.fetchall() == [("planted_v1", pinned), ("planted_v2", pinned), ("planted_v3", None)]
        cursor.execute(grants.MAY_CREATE, {"role": settings.APPLICATION_ROLE})
        assert cursor.fetchall() == []
        transaction.set_rollback(True)
