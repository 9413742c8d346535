"""Who may do what in and around the embedded servers."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from ledgersafe.embedded.servers.binaries import find_postgres, has_library
from tests.ledgersafe.embedded.clients import Checkout, keep_seven, kept, query
from tests.ledgersafe.embedded.conftest import IS_ROOT

RIGHTS = """
    SELECT ROW(rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls)::text
    FROM pg_roles WHERE rolname = current_user
"""


def test_the_application_role_is_nobody_special_and_the_owner_owns_the_database(
    new_checkout: Checkout,
) -> None:
    client = new_checkout.client()

    assert query(client.database, "SELECT current_user") == "ledgersafe_app"
    assert query(client.database, RIGHTS) == "(f,f,f,f,f)"
    assert query(client.owner, RIGHTS) == "(f,t,f,f,f)"
    owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
    assert query(client.database, owner) == "ledgersafe_owner"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        query(client.database, "CREATE TABLE mine ()")


def test_nobody_gets_in_without_the_password_and_secrets_are_private(checkout: Checkout) -> None:
    client = checkout.client(redis=True)
    port = checkout.state()["port"]

    with pytest.raises(psycopg.OperationalError, match=r"no password|password authentication"):
        psycopg.connect(host="127.0.0.1", port=port, user="ledgersafe_admin", dbname="postgres", password="x")

    folders = [checkout.folder().path, checkout.folder("valkey").path]
    secrets = [client.database.split(":")[2].split("@")[0], client.environment["REDIS_URL"][16:40]]
    for file in (file for folder in folders for file in folder.iterdir() if file.is_file()):
        if any(secret in file.read_text(errors="replace") for secret in secrets):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert not [line for line in checkout.processes().values() if any(secret in line for secret in secrets)]


def test_the_servers_for_tests_are_others_and_let_the_suite_do_anything(checkout: Checkout) -> None:
    client, beside = checkout.client(purpose="test"), checkout.client()

    assert query(client.database, RIGHTS) == "(t,t,t,t,t)"
    assert query(client.database, "SHOW fsync") == "off"
    assert query(client.database, "SELECT count(*) FROM pg_roles WHERE rolname = 'ledgersafe_app'") == 1
    assert query(beside.database, "SHOW fsync") == "on"


def test_it_counts_statements_without_seeing_passwords(checkout: Checkout) -> None:
    if not has_library(find_postgres(), "pg_stat_statements"):
        pytest.skip("this Postgres comes without pg_stat_statements")
    client = checkout.client(purpose="test")

    assert query(client.database, "SELECT count(*) FROM pg_stat_statements WHERE query ~ 'CREATE ROLE'") > 0
    secret = client.database.split(":")[2].split("@")[0]
    assert query(client.database, f"SELECT count(*) FROM pg_stat_statements WHERE query ~ '{secret}'") == 0


@pytest.mark.skipif(not IS_ROOT, reason="only root hands Postgres to another user")
def test_root_can_run_it_in_a_folder_that_only_root_can_reach(make_checkout: Callable[..., Checkout]) -> None:
    checkout = make_checkout(is_private=True)
    client = checkout.client()
    keep_seven(client)

    home = Path(checkout.state()["data"]).parent
    assert home.parent != checkout.folder().path
    assert (home / "cluster").stat().st_uid != os.geteuid()
    assert str(home) in checkout.folder().supervisor_log.read_text()

    checkout.verb("stop")
    assert kept(checkout.client()) == 7
    checkout.verb("remove")
    assert not home.exists()
