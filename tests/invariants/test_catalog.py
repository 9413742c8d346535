"""Each invariant of the database itself: weaken it, see exactly that reported."""

import pytest
from django.conf import settings

from tests.scenes.violations import Ground

ROLE = settings.APPLICATION_ROLE


WEAKER_TRIGGER = """
CREATE OR REPLACE TRIGGER append_only BEFORE DELETE ON events_raw EXECUTE FUNCTION ledgersafe_append_only_v1();
ALTER TABLE events_raw ENABLE ALWAYS TRIGGER append_only
"""
OTHER_COLUMNS = """
DROP TRIGGER originals_guard ON events_processed;
CREATE CONSTRAINT TRIGGER originals_guard AFTER UPDATE OF journal_id ON events_processed
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pos_originals_guard_v1();
ALTER TABLE events_processed ENABLE ALWAYS TRIGGER originals_guard
"""
NO_GUARD = """
CREATE OR REPLACE FUNCTION ledger_journals_guard_v2() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$
"""
MAKES_TABLES = "DO $$ BEGIN EXECUTE 'GRANT TEMP ON DATABASE ' || current_database() || ' TO PUBLIC'; END $$"


@pytest.mark.parametrize(
    ("weakening", "table", "row"),
    [
        ("ALTER TABLE journals ENABLE TRIGGER journals_guard", "journals", "journals.journals_guard"),
        ("ALTER TABLE postings DISABLE TRIGGER postings_guard", "postings", "postings.postings_guard"),
        ("DROP TRIGGER append_only ON audit_log", "audit_log", "audit_log.append_only"),
        (WEAKER_TRIGGER, "events_raw", "events_raw.append_only"),
        (OTHER_COLUMNS, "events_processed", "events_processed.originals_guard"),
        (NO_GUARD, "pg_proc", "ledger_journals_guard_v2"),
        (f"GRANT UPDATE ON postings TO {ROLE}", "postings", "postings"),
        (f"GRANT UPDATE (amount_minor) ON postings TO {ROLE}", "postings", "postings"),
        (f"GRANT TRUNCATE ON audit_log TO {ROLE}", "audit_log", "audit_log"),
        ("GRANT INSERT ON journals TO PUBLIC", "journals", "journals"),
        ("ALTER FUNCTION ledger_journals_guard_v2() RESET search_path", "pg_proc", "ledger_journals_guard_v2"),
        ("ALTER FUNCTION ledger_post_v1 SET search_path = pg_temp, public", "pg_proc", "ledger_post_v1"),
        (f"GRANT CREATE ON SCHEMA public TO {ROLE}", "pg_roles", ROLE),
        (MAKES_TABLES, "pg_roles", ROLE),
    ],
)
def test_i36_sees_a_weakened_guard(ground: Ground, weakening: str, table: str, row: str) -> None:
    ground.raw.execute(weakening.encode())
    ground.assert_broken("I36", table, row)


@pytest.mark.parametrize(
    ("weakening", "row"),
    [
        (f"ALTER TABLE stores OWNER TO {ROLE}", "stores"),
        (f"ALTER ROLE {ROLE} BYPASSRLS", ROLE),
    ],
)
def test_i37_sees_an_application_role_with_too_much_power(ground: Ground, weakening: str, row: str) -> None:
    ground.raw.execute(weakening.encode())
    ground.assert_broken("I37", "pg_roles" if row == ROLE else row, row)


def test_i38_sees_a_unique_index_across_tenants(ground: Ground) -> None:
    ground.raw.execute("CREATE UNIQUE INDEX planted ON stores (code, tenant_id)")
    ground.assert_broken("I38", "stores", "planted")
