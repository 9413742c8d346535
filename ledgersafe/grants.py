"""Privileges of the application role: it owns nothing, appends where a table is append-only, and rewrites nothing.

Which tables those are is said on the models (`append_only`, `written_by_function`), so that a new table cannot be
forgotten. Applied after every `migrate`, by the owner; idempotent.
"""

from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
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


#: (kind, name as SQL spells it) of the tables, sequences and functions in the schema that the owner owns.
_OWN_OBJECTS: Final = """
SELECT relkind::text, oid::regclass::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relowner = current_user::regrole AND relkind IN ('r', 'S')
UNION ALL
SELECT 'f', oid::regprocedure::text FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proowner = current_user::regrole AND prokind = 'f'
"""


def table_privileges() -> dict[str, str]:
    """Privileges of the application role by table name."""
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
    """Give the application role exactly what `table_privileges` says, and the use of our sequences and functions."""
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
