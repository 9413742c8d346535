"""Test databases: cloned from one that was migrated once for this state of the schema.

Migrating takes ten seconds and more, cloning a tenth of one. The template's name holds a hash of all that a migrated
database is made of, so another state of the code has a template of its own; older ones are dropped.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import django
from django.conf import settings
from django.db import connection
from django.db.utils import OperationalError
from django.test.utils import setup_databases
from psycopg import sql

from ledgersafe.postgres import grants
from tests.servers import is_alive

_ROLE: Final = " -c role="
_PREFIX: Final = "ledgersafe_template_"
#: Of the cluster: one process makes the template, the others wait for it.
_LOCK: Final = 0x1ED6E45AFE
#: What a migrated database is made of: tables, functions, privileges, permissions, roles, scheduled jobs.
_INGREDIENTS: Final = (
    "*/migrations/**/*",
    "*/*/migrations/**/*",
    "*/sql/*.sql",
    "*/*/sql/*.sql",
    "*/models.py",
    "*/*/models.py",
    "*/models/*.py",
    "*/apps.py",
    "*/*/apps.py",
    "ledgersafe/settings.py",
    "ledgersafe/postgres/*.py",
    "ledgersafe/tenants/*.py",
    "requirements.txt",
)


@contextmanager
def fresh_database(suffix: str = "") -> Iterator[None]:
    """Point `connection` at a fresh database of this worker and run; drop it in the end.

    :param suffix: of its name, where one process has several.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    name = f"test_ledgersafe_{os.environ['LEDGERSAFE_TEST_RUN']}_{worker}{suffix}"
    theirs = connection.settings_dict["NAME"]
    with _maintenance() as cursor:
        # Until the clone is there: nobody drops the template in between.
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        _drop_leftovers(cursor)
        template = _ensure_template(cursor)
        _drop(cursor, name)
        names = map(sql.Identifier, (name, template))
        cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    connection.close()
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    with acting_as(None), connection.cursor() as cursor:
        grants.forbid_creation()  # privileges on a database are not cloned with it
        # A process remembers tenants by id, and anchors their trails: no id of one database is used in another.
        first = 1_000_000 + secrets.randbelow(1_000_000_000)
        cursor.execute("SELECT setval(pg_get_serial_sequence('tenants', 'id'), %s)", [first])
    connection.close()
    try:
        yield
    finally:
        connection.close()
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = theirs
        with _maintenance() as cursor:
            _drop(cursor, name)


def template_name() -> str:
    """The template's name for the code as it stands. :returns: like `ledgersafe_template_0123456789abcdef`."""
    digest = hashlib.sha256(f"{django.VERSION} {settings.APPLICATION_ROLE}".encode())
    root = Path(settings.BASE_DIR)
    for path in sorted({path for pattern in _INGREDIENTS for path in root.glob(pattern)}):
        if path.is_file() and path.suffix in {".py", ".sql", ".txt"} and ".venv" not in path.parts:
            digest.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes())
    return f"{_PREFIX}{digest.hexdigest()[:16]}"


def _ensure_template(cursor: Any) -> str:
    """Migrate the template unless it is there; drop those of other states of the code."""
    name = template_name()
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [_PREFIX])
    there = {row[0] for row in cursor.fetchall()}
    for other in there - {name}:
        _drop(cursor, other)
    if name not in there:
        half_made = f"test_{name}"
        connection.settings_dict["TEST"]["NAME"] = half_made
        created = setup_databases(verbosity=0, interactive=False, aliases={"default": True})
        connection.close()
        # Renamed when it is whole: a run that was killed leaves no template behind that is not.
        cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*map(sql.Identifier, (half_made, name))))
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = created[0][1]
    return name


def _drop_leftovers(cursor: Any) -> None:
    """Drop databases of runs that were killed; only of this machine, whose processes can be asked for."""
    host = str(connection.settings_dict["HOST"])
    if host not in {"", "localhost", "127.0.0.1", "::1"} and not host.startswith("/"):
        return
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, 'test_ledgersafe_')")
    for (name,) in cursor.fetchall():
        run = re.match(r"test_ledgersafe_(\d+)_", name)
        if run is not None and not is_alive(int(run[1])):
            with suppress(OperationalError):  # somebody uses it after all
                cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _drop(cursor: Any, name: str) -> None:
    cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def acting_as(role: str | None) -> Iterator[None]:
    """Have new connections act as a role; None: as whoever logs in, the owner."""
    options = connection.settings_dict["OPTIONS"]
    before = options["options"]
    options["options"] = before.partition(_ROLE)[0] + (f"{_ROLE}{role}" if role else "")
    connection.close()
    try:
        yield
    finally:
        connection.close()
        options["options"] = before


@contextmanager
def _maintenance() -> Iterator[Any]:
    """A cursor on the server's own database: no other can be created or dropped from within itself."""
    with acting_as(None), connection._nodb_cursor() as cursor:
        yield cursor
