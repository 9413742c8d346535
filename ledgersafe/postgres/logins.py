"""Warn if this process' login could switch the guards off, beyond the application role."""

import logging
from collections.abc import Sequence
from typing import Any, Final

from django.core import checks
from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

_HINT: Final = "Let DATABASE_URL name a member of DATABASE_APP_ROLE and of nothing else: see deploy/postgres/roles.sql."
#: Up to Postgres 15, a login with CREATEROLE can make itself a member of any role.
_POWERS: Final = """
SELECT power FROM pg_roles r CROSS JOIN LATERAL (
    SELECT 'is a superuser' AS power WHERE r.rolsuper
    UNION ALL SELECT 'has BYPASSRLS' WHERE r.rolbypassrls
    UNION ALL SELECT 'may create roles' WHERE r.rolcreaterole
    UNION ALL SELECT DISTINCT 'may act as ' || t.relowner::regrole || ', which owns the tables' FROM pg_class t
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind IN ('r', 'p') AND NOT r.rolsuper
          AND pg_has_role(r.oid, t.relowner, 'MEMBER')) AS p
WHERE r.rolname = session_user
"""


def powers_of_login() -> list[str]:
    """Name what this login can do beyond the application role; empty if nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_POWERS)
        return [power for (power,) in cursor.fetchall()]


@checks.register(checks.Tags.database, deploy=True)
def check_login(databases: Sequence[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """Warn of a too powerful login, for `manage.py check --deploy --database default`."""
    if "default" not in (databases or ()):
        return []
    return [
        checks.Warning(f"The database login {power}.", hint=_HINT, id="ledgersafe.W001") for power in powers_of_login()
    ]


def warn_of_login() -> None:
    """Log what the login can do beyond its role. A database that does not exist yet is no reason to stop."""
    try:
        powers = powers_of_login()
    except DatabaseError:
        return
    finally:
        connection.close()
    if powers:
        logger.warning("The database login %s: the application role is no boundary. %s", " and ".join(powers), _HINT)
