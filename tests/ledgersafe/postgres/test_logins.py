"""`deploy/postgres/roles.sql`, run on a real server: the login that serves can act as the application role only."""

import os
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.conf import settings

from ledgersafe.postgres import logins

ROOT = Path(settings.BASE_DIR)
RECEIVE = """
import json, uuid
import django
django.setup()
from django.utils import timezone
from ledgersafe import setup
from ledgersafe.tenants.authentication import authenticate
from ledgersafe.tenants.models import SCOPES
from pos.intake import receive_event

how = {"currency": "USD", "time_zone": "UTC", "strict_stores": False, "books_start": "2026-01-01"}
setup.create_tenant(slug="acme", name="Acme", actor="system:test", **how)
_, key = setup.create_api_key(slug="acme", scopes=SCOPES, actor="system:test", now=timezone.now())
event = {"schema_version": "1.0", "tenant_id": "acme", "store_id": "store-1", "register_id": "till-1",
         "source_system": "pos", "event_id": "evt-1", "event_type": "SALE", "txn_id": "txn-1",
         "occurred_at": "2026-02-25T09:30:00Z", "total_amount": "42.50"}
for _ in range(2):
    answer = receive_event(principal=authenticate(key), body=json.dumps(event).encode(), headers={},
                           now=timezone.now())
    print(answer.result.value)
"""


@dataclass(frozen=True)
class Scratch:
    """A database of its own, with three roles of its own, on the suite's server."""

    admin: str
    name: str

    def role(self, what: str) -> str:
        return f"{self.name}_{what}"

    def url(self, what: str) -> str:
        host = urlsplit(self.admin).netloc.rpartition("@")[2]
        return urlunsplit(("postgresql", f"{self.role(what)}:{what}-password@{host}", f"/{self.name}", "", ""))

    def connect(self, what: str) -> psycopg.Connection[Any]:
        """As the product does: acting as the application role."""
        return psycopg.connect(self.url(what), options=f"-c role={self.role('app')}", autocommit=True)

    def run(self, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        urls = {"DATABASE_URL": self.url("web"), "DATABASE_OWNER_URL": self.url("owner")}
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_AS"}
        environment |= urls | {"DATABASE_APP_ROLE": self.role("app"), "REDIS_URL": "redis://127.0.0.1:1/0"}
        environment |= {"DJANGO_SETTINGS_MODULE": "ledgersafe.settings"} | variables
        # Not the file of this process' own database, whose tenants have the same ids.
        environment["AUDIT_ANCHOR_FILE"] += f".{self.name}"
        return subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )

    def statements(self) -> list[str]:
        """The file as psql sends it, with names and passwords of this test."""
        text = (ROOT / "deploy/postgres/roles.sql").read_text()
        text = re.sub(r"^(--|\\).*$", "", text, flags=re.MULTILINE)
        text = re.sub(r":'(owner|web)_password'", r"'\1-password'", text)
        text = re.sub(r"\bledgersafe(_\w+)?\b", lambda found: self.name + (found[1] or ""), text)
        assert ":" not in text
        return [statement.strip() for statement in text.split(";") if statement.strip()]


@pytest.fixture(scope="module")
def scratch() -> Iterator[Scratch]:
    """Made by an administrator who is no superuser, as on managed servers: whoever is one may all the more."""
    made = Scratch(os.environ["DATABASE_OWNER_URL"], f"scratch_{uuid.uuid4().hex[:8]}")
    with psycopg.connect(made.admin, autocommit=True) as admin:
        try:
            admin.execute(f"CREATE ROLE {made.role('dba')} LOGIN CREATEROLE CREATEDB PASSWORD 'dba-password'".encode())
            admin.execute(f"SET ROLE {made.role('dba')}".encode())
            for statement in made.statements():
                admin.execute(statement.encode())
            admin.execute("RESET ROLE")
            yield made
        finally:
            admin.execute("ROLLBACK; RESET ROLE")
            admin.execute(f"DROP DATABASE IF EXISTS {made.name} WITH (FORCE)".encode())
            for what in ("web", "owner", "app", "dba"):
                admin.execute(f"DROP ROLE IF EXISTS {made.role(what)}".encode())


@pytest.fixture(scope="module")
def migrated(scratch: Scratch) -> Scratch:
    """Migrated by the owner, who is no superuser and creates no roles."""
    done = scratch.run("manage.py", "migrate", "--no-input", "-v0")
    assert done.returncode == 0, done.stderr
    assert "REVOKE" not in done.stderr
    return scratch


def test_the_owner_is_nobody_special(scratch: Scratch) -> None:
    with psycopg.connect(scratch.url("owner")) as owner:
        rights = "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        assert owner.execute(rights.encode()).fetchall() == [(False,) * 4]


@pytest.mark.parametrize(
    "attack",
    [
        "SET ROLE {owner}",
        "SET SESSION AUTHORIZATION {owner}",
        "SET ROLE NONE; ALTER TABLE audit_log DISABLE TRIGGER USER",
        "SET ROLE NONE; UPDATE audit_log SET actor = 'user:eve'",
        "SET ROLE NONE; SELECT FROM tenants",
        "SET ROLE NONE; CREATE TEMP TABLE journals ()",
        "CREATE TEMP TABLE journals ()",
        "GRANT {owner} TO {web}",
        "CREATE ROLE mallory",
        "SET session_replication_role = replica",
    ],
)
def test_the_login_that_serves_is_the_application_role_or_nobody(migrated: Scratch, attack: str) -> None:
    names = {what: migrated.role(what) for what in ("owner", "web")}
    with migrated.connect("web") as web, pytest.raises(psycopg.errors.InsufficientPrivilege):
        web.execute(attack.format(**names).encode())


def test_it_serves(migrated: Scratch) -> None:
    done = migrated.run("-c", RECEIVE)
    assert done.stdout.split() == ["processed", "duplicate"], done.stderr
    verified = migrated.run("manage.py", "verify_books")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_it_is_migrated_again_without_a_word(migrated: Scratch) -> None:
    done = migrated.run("manage.py", "migrate", "--no-input", "-v0")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_check_says_whether_the_login_is_bounded(migrated: Scratch) -> None:
    check = ("manage.py", "check", "--deploy", "--database", "default")
    assert "ledgersafe.W001" not in migrated.run(*check).stderr
    with psycopg.connect(migrated.admin, autocommit=True) as admin:
        admin.execute(f"GRANT {migrated.role('owner')} TO {migrated.role('web')}".encode())
        try:
            said = migrated.run(*check).stderr
        finally:
            admin.execute(f"REVOKE {migrated.role('owner')} FROM {migrated.role('web')}".encode())
    assert "ledgersafe.W001" in said
    assert f"The database login may act as {migrated.role('owner')}, which owns the tables." in said


def test_the_server_says_at_its_start_that_the_login_is_not_bounded(
    books: None, caplog: pytest.LogCaptureFixture
) -> None:
    """The suite's own login is a superuser."""
    assert "is a superuser" in logins.powers_of_login()
    logins.warn_of_login()
    assert "the application role is no boundary" in caplog.text


def test_a_database_of_somebody_else_is_reported(scratch: Scratch, migrated: Scratch) -> None:
    """Where the owner of the tables does not own the database, and may not revoke what was granted on it."""
    with psycopg.connect(migrated.admin, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {migrated.name} OWNER TO CURRENT_USER".encode())
        admin.execute(f"GRANT TEMPORARY ON DATABASE {migrated.name} TO PUBLIC".encode())
        try:
            done = migrated.run("manage.py", "migrate", "--no-input", "-v0")
            verified = migrated.run("manage.py", "verify_books")
        finally:
            admin.execute(f"REVOKE TEMPORARY ON DATABASE {migrated.name} FROM PUBLIC".encode())
            admin.execute(f"ALTER DATABASE {migrated.name} OWNER TO {migrated.role('owner')}".encode())
    assert done.returncode == 0, done.stderr
    told = f"{migrated.role('app')} has TEMPORARY on DATABASE {migrated.name}"
    assert f"{told}, which only its owner can REVOKE" in done.stderr
    assert verified.returncode == 1
    assert told in verified.stdout
