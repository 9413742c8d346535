"""Privileges of the application role: it owns nothing, and cannot rewrite append-only tables.

The models declare which tables those are (`append_only`, `written_by_function`), so that a new table is not forgotten.
The role cannot shadow our tables either: it may create no objects, not even temporary ones, and our functions have a
fixed search path. Applied by the owner after every `migrate`; idempotent.
"""

import logging
from contextlib import suppress
from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from psycopg import sql

#: Django's own record of migrations: the application reads it, the owner writes it.
_READ_ONLY_TABLES: Final = ("django_migrations",)

#: Roles are shared by all databases of a server; two migrations at once (test workers) may both create it.
_CREATE_ROLE: Final = sql.SQL(
    "DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
)
#: The role that logs in may act as the application role; needless, and skipped, where it is that role.
_GRANT_MEMBERSHIP: Final = sql.SQL(
    "DO $$ BEGIN IF NOT pg_has_role(current_user, {name}, 'MEMBER') THEN GRANT {role} TO CURRENT_USER; END IF; "
    "EXCEPTION WHEN insufficient_privilege THEN NULL; WHEN OTHERS THEN "
    "IF SQLERRM NOT LIKE 'tuple concurrently updated%' THEN RAISE; END IF; END $$"
)


#: Search path of our functions. Temporary tables, which are searched first by default, come last.
SEARCH_PATH: Final = "public, pg_temp"

#: (name, signature) of our functions that look names up wherever the session says. One that is inlined into its caller
#: and reads no table takes the path of its caller, which is pinned; it could not be inlined with a path of its own, and
#: would cost every event.
UNPINNED: Final = """
SELECT f.proname, f.oid::regprocedure::text
FROM pg_proc f JOIN pg_class t ON t.oid = to_regclass('public.tenants') AND t.relowner = f.proowner
WHERE f.pronamespace = 'public'::regnamespace AND f.prokind IN ('f', 'p')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e')
  AND NOT coalesce('search_path=public, pg_temp' = ANY (f.proconfig), false)
  AND NOT (f.prolang = (SELECT oid FROM pg_language WHERE lanname = 'sql') AND f.provolatile <> 'v' AND NOT f.prosecdef
           AND NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
                           AND c.relkind IN ('r', 'p', 'v', 'm') AND f.prosrc ~ ('\\m' || c.relname || '\\M')))
"""

#: How the application role could make something: (privilege as GRANT spells it, on what). Parameter `role`.
MAY_CREATE: Final = """
SELECT privilege, 'DATABASE ' || quote_ident(current_database()) AS place
FROM pg_roles r CROSS JOIN (VALUES ('CREATE'), ('TEMPORARY')) AS p(privilege)
WHERE r.rolname = %(role)s AND has_database_privilege(r.oid, current_database(), privilege)
UNION ALL
SELECT 'CREATE', 'SCHEMA ' || quote_ident(n.nspname) FROM pg_roles r CROSS JOIN pg_namespace n
WHERE r.rolname = %(role)s AND n.nspname !~ '^pg_(toast_)?temp_' AND has_schema_privilege(r.oid, n.oid, 'CREATE')
"""

logger = logging.getLogger(__name__)

#: (kind, name as SQL spells it) of the tables, sequences and functions in the schema that the owner owns.
_OWN_OBJECTS: Final = """
SELECT relkind::text, oid::regclass::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relowner = current_user::regrole AND relkind IN ('r', 'S')
UNION ALL
SELECT 'f', oid::regprocedure::text FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proowner = current_user::regrole AND prokind = 'f'
"""


def table_privileges() -> dict[str, str]:
    """Return the application role's privileges by table name."""
    privileges = dict.fromkeys(_READ_ONLY_TABLES, "SELECT")
    for model in apps.get_models(include_auto_created=True):
        if getattr(model, "written_by_function", False):
            privileges[model._meta.db_table] = "SELECT"
        elif getattr(model, "append_only", False):
            privileges[model._meta.db_table] = "SELECT, INSERT"
        else:
            privileges[model._meta.db_table] = "SELECT, INSERT, UPDATE, DELETE"
    return privileges


def ensure_application_role() -> None:
    """Create the role if the server has none. :raises django.db.ProgrammingError: not allowed to create roles."""
    role = settings.APPLICATION_ROLE
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            cursor.execute(_CREATE_ROLE.format(role=sql.Identifier(role)))
        cursor.execute(_GRANT_MEMBERSHIP.format(role=sql.Identifier(role), name=sql.Literal(role)))


def grant_privileges() -> None:
    """Grant the application role what `table_privileges` says, and the use of our sequences and functions."""
    role = sql.Identifier(settings.APPLICATION_ROLE)
    with transaction.atomic(), connection.cursor() as cursor:
        # Only what the owner made: extensions may keep objects of their own in the schema.
        cursor.execute(_OWN_OBJECTS)
        own: dict[str, list[str]] = {"r": [], "S": [], "f": []}
        for kind, name in cursor.fetchall():
            own[kind].append(name)
        statements = [sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role)]
        statements += [sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.SQL(name), role) for name in own["S"]]
        statements += [sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(sql.SQL(name), role) for name in own["f"]]
        statements += [sql.SQL("REVOKE ALL ON TABLE {} FROM {}").format(sql.SQL(name), role) for name in own["r"]]
        statements += [
            sql.SQL("GRANT {} ON TABLE {} TO {}").format(sql.SQL(granted), sql.Identifier(table), role)
            for table, granted in table_privileges().items()
            if table in own["r"]
        ]
        cursor.execute(sql.SQL("; ").join(statements))


def pin_search_paths() -> None:
    """Set `search_path` on every function of ours, also again after one was replaced."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(UNPINNED)
        for _, function in cursor.fetchall():
            cursor.execute(f"ALTER ROUTINE {function} SET search_path = {SEARCH_PATH}")


def forbid_creation() -> None:
    """Revoke the right to create objects, also temporary ones, from the application role and PUBLIC.

    Whoever owns the database gives it back with `GRANT TEMPORARY ON DATABASE ... TO` a role. Where the database is not
    the owner's, its own owner has to revoke it; that is logged, and `verify_books` reports it (I36).
    """
    role = settings.APPLICATION_ROLE
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(MAY_CREATE, {"role": role})
        for privilege, place in cursor.fetchall():
            statement = f"REVOKE {privilege} ON {place} FROM PUBLIC, {connection.ops.quote_name(role)}"
            with suppress(ProgrammingError), transaction.atomic():  # not ours to revoke: seen below
                cursor.execute(statement)
        cursor.execute(MAY_CREATE, {"role": role})
        for privilege, place in cursor.fetchall():
            logger.warning(
                "%s has %s on %s, which only its owner can REVOKE, from it or PUBLIC.", role, privilege, place
            )
