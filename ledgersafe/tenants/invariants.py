"""Invariants of the database itself, from its catalog: privileges, guards, owners and unique indexes."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final

from django.apps import apps
from django.conf import settings

from ledgersafe.postgres.catalog import append_only_trigger, declared
from ledgersafe.postgres.grants import MAY_CREATE, SEARCH_PATH, UNPINNED, table_privileges
from ledgersafe.postgres.invariants import Invariant, Snapshot, Violation

_PRIVILEGES: Final = """
SELECT NULL, p.tbl, p.tbl, %(role)s || ' may ' || p.privilege
FROM jsonb_to_recordset(%(forbidden)s::jsonb) AS p(tbl text, privilege text)
JOIN pg_roles r ON r.rolname = %(role)s
WHERE to_regclass('public.' || p.tbl) IS NOT NULL
  AND (has_table_privilege(r.oid, to_regclass('public.' || p.tbl), p.privilege)
       OR (p.privilege IN ('INSERT', 'UPDATE')
           AND has_any_column_privilege(r.oid, to_regclass('public.' || p.tbl), p.privilege)))
"""

_TRIGGERS: Final = """
SELECT NULL, e."table", e."table" || '.' || e.name,
       CASE WHEN t.oid IS NULL THEN 'guard trigger is missing'
            WHEN t.tgenabled <> 'A' THEN 'guard trigger is not ENABLE ALWAYS'
            ELSE 'guard trigger is not the one our migrations make' END
FROM jsonb_to_recordset(%(triggers)s::jsonb) AS e(
    "table" text, name text, function text, tgtype integer, columns integer)
LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass('public.' || e."table") AND t.tgname = e.name
LEFT JOIN pg_proc f ON f.oid = t.tgfoid
WHERE t.oid IS NULL OR t.tgenabled <> 'A' OR t.tgtype <> e.tgtype OR f.proname <> e.function OR t.tgqual IS NOT NULL
   OR cardinality(t.tgattr::smallint[]) <> e.columns
"""

_FUNCTIONS: Final = """
SELECT NULL, 'pg_proc', e.key,
       CASE WHEN f.oid IS NULL THEN 'function is missing' ELSE 'function is not the one our migrations make' END
FROM jsonb_each_text(%(functions)s::jsonb) AS e
LEFT JOIN pg_proc f ON f.proname = e.key AND f.pronamespace = 'public'::regnamespace
WHERE f.prosrc IS DISTINCT FROM e.value
"""


def _forbidden() -> list[dict[str, str]]:
    """List the privileges that the application role must not have, as the models declare."""
    granted = table_privileges()
    return [
        {"tbl": table, "privilege": privilege}
        for table in _tables("append_only", "written_by_function")
        for privilege in ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
        if privilege not in granted[table]
    ]


def _tables(*declared_as: str) -> list[str]:
    """List the tables of models with one of these declarations."""
    models = [model for model in apps.get_models() if any(getattr(model, flag, False) for flag in declared_as)]
    return [model._meta.db_table for model in models]


def _guards_stand(snapshot: Snapshot) -> Iterator[Violation]:
    catalog = declared()
    triggers = dict(catalog.triggers)
    for table in _tables("append_only"):
        triggers[table, "append_only"] = append_only_trigger(table)
    parameters: dict[str, Any] = {
        "role": settings.APPLICATION_ROLE,
        "forbidden": json.dumps(_forbidden()),
        "triggers": json.dumps([asdict(trigger) for trigger in triggers.values()]),
        "functions": json.dumps(catalog.functions),
    }
    statement = f"{_PRIVILEGES} UNION ALL {_TRIGGERS} UNION ALL {_FUNCTIONS}"
    yield from map(Violation._make, snapshot.rows(statement, **parameters))
    for name, _ in snapshot.rows(UNPINNED):
        yield Violation(None, "pg_proc", name, f"function does not look names up in {SEARCH_PATH}")
    role = settings.APPLICATION_ROLE
    for privilege, place in snapshot.rows(MAY_CREATE, role=role):
        yield Violation(None, "pg_roles", role, f"{role} has {privilege} on {place}")


_ROLE: Final = """
WITH role AS (SELECT * FROM pg_roles WHERE rolname = %(role)s)
SELECT NULL::bigint, 'pg_roles', %(role)s, 'role does not exist' WHERE NOT EXISTS (SELECT FROM role)
UNION ALL SELECT NULL, 'pg_roles', rolname, 'is a superuser' FROM role WHERE rolsuper
UNION ALL SELECT NULL, 'pg_roles', rolname, 'has BYPASSRLS' FROM role WHERE rolbypassrls
UNION ALL SELECT NULL, c.relname, c.relname, role.rolname || ' owns it, or may act as ' || c.relowner::regrole
    FROM pg_class c CROSS JOIN role
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT role.rolsuper AND pg_has_role(role.oid, c.relowner, 'MEMBER')
"""

#: `tenants` has no tenant column: its slug is what names a tenant. Primary keys begin with a number from one sequence,
#: which no tenant chooses and which belongs to one, and are left out as a class.
_INDEXES: Final = """
SELECT NULL, t.relname, i.relname, 'unique index begins with another column than tenant_id'
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
WHERE t.relnamespace = 'public'::regnamespace AND x.indisunique AND NOT x.indisprimary
  AND x.indkey[0] <> a.attnum
"""


def _role_is_bounded(snapshot: Snapshot) -> Iterator[Violation]:
    yield from map(Violation._make, snapshot.rows(_ROLE, role=settings.APPLICATION_ROLE))


def _indexes_begin_with_tenant(snapshot: Snapshot) -> Iterator[Violation]:
    yield from map(Violation._make, snapshot.rows(_INDEXES))


INVARIANTS: Final = (
    Invariant(
        "I36",
        "Append-only tables refuse UPDATE, DELETE and TRUNCATE from the application's role; guards are ENABLE ALWAYS, "
        "and nothing can be put before the tables they read.",
        _guards_stand,
    ),
    Invariant("I37", "The application's role is not owner, superuser or BYPASSRLS.", _role_is_bounded),
    Invariant("I38", "Every unique index of a tenant table begins with the tenant.", _indexes_begin_with_tenant),
)
