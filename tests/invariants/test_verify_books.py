"""`manage.py verify_books`: what it prints, how it ends, what it must not do."""

import io
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from prometheus_client import REGISTRY

from ledgersafe import tasks
from ledgersafe.operations import verification
from ledgersafe.postgres.db import read_only_snapshot
from ledgersafe.postgres.invariants import Invariant, Snapshot, Violation, by_sql
from ledgersafe.telemetry import metrics
from tests.books import assert_books_clean
from tests.conftest import Shop
from tests.invariants.conftest import fill

# The catalogue is swapped for one that finds fault on purpose.
pytestmark = pytest.mark.cooks_the_books


class Terminal(io.StringIO):
    """A standard output somebody looks at."""

    def isatty(self) -> bool:
        return True


def verify_books(*arguments: str, out: io.StringIO | None = None) -> tuple[int, str, str]:
    """Run the command: exit status, standard output, message."""
    out = out or io.StringIO()
    try:
        call_command("verify_books", *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), ""


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch, shop: Shop) -> Iterator[Shop]:
    """One more invariant, which 25 rows of the shop break."""

    def check(snapshot: Snapshot) -> Iterator[Violation]:
        tenant_id = snapshot.tenant_id or shop.tenant.id
        return (Violation(tenant_id, "journals", str(n), f"is [wrong] {'very ' * 30}") for n in range(25))

    stub = Invariant("I99", "Nothing is ever wrong.", check)
    monkeypatch.setattr(verification, "INVARIANTS", (*verification.INVARIANTS, stub))
    yield shop
    if gauge("I99") is not None:
        metrics.invariant_violations.remove("I99")


def gauge(invariant: str) -> float | None:
    """What a scrape would see."""
    return REGISTRY.get_sample_value("invariant_violations", {"invariant": invariant})


# ── What it prints ──────────────────────────────────────────────────────────────────────────────
def test_clean_books_are_one_line_and_status_0(shop: Shop) -> None:
    fill(shop)
    status, out, message = verify_books("--tenant", shop.slug)
    assert (status, message) == (0, "")
    assert out == f"All {len(verification.INVARIANTS)} invariants hold for tenant {shop.slug}.\n"


def test_all_tenants_are_checked_by_default(broken: Shop) -> None:
    status, out, message = verify_books()
    assert status == 1
    assert f"I99 {broken.slug} journals 0" in out
    assert re.fullmatch(r"Books of all tenants: \d+ violating rows of .*I99\.", message)


def test_violations_are_named_and_the_rest_is_counted(broken: Shop) -> None:
    status, out, message = verify_books("--tenant", broken.slug)
    lines = out.splitlines()
    assert status == 1
    assert lines[0].startswith(f"I99 {broken.slug} journals 0: is [wrong] very ")
    assert lines[20] == "I99 … and 5 more rows"
    assert len(lines) == 21
    assert message == f"Books of tenant {broken.slug}: 25 violating rows of I99."


def test_a_terminal_gets_a_table_with_every_word(broken: Shop) -> None:
    status, out, _ = verify_books("--tenant", broken.slug, "--rows", "1", out=Terminal())
    assert status == 1
    assert "Broken invariants" in out
    assert "[wrong]" in out
    assert out.count("very") == 30
    assert "and 24 more rows" in out


def test_json_is_one_document(broken: Shop) -> None:
    status, out, _ = verify_books("--tenant", broken.slug, "--since", "2026-02-01", "--json", "--rows", "2")
    told = json.loads(out)
    assert status == 1
    assert (told["ok"], told["tenant"], told["since"], told["violations"]) == (False, broken.slug, "2026-02-01", 25)
    assert [entry["id"] for entry in told["invariants"]] == [one.id for one in verification.INVARIANTS]
    last = told["invariants"][-1]
    assert (last["violations"], last["not_named"]) == (25, 23)
    assert [row["row"] for row in last["rows"]] == ["0", "1"]
    assert last["rows"][0]["tenant"] == broken.slug


def test_json_of_clean_books(shop: Shop) -> None:
    status, out, _ = verify_books("--tenant", shop.slug, "--json")
    assert (status, json.loads(out)["ok"]) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tenant", "nobody"], "There is no tenant 'nobody'"),
        (["--since", "yesterday"], "--since must be a day, like 2026-02-25, not 'yesterday'."),
        (["--since", "2026-02-30"], "--since must be a day"),
        (["--rows", "-1"], "--rows must not be negative."),
    ],
)
def test_bad_arguments_are_one_line_and_status_2(books: None, arguments: list[str], said: str) -> None:
    status, out, message = verify_books(*arguments)
    assert (status, out) == (2, "")
    assert said in message
    assert "\n" not in message


def test_books_that_cannot_be_read_are_one_line_and_status_2(books: None, monkeypatch: pytest.MonkeyPatch) -> None:
    unreadable = Invariant("I99", "There is a table.", by_sql("SELECT 1 FROM no_such_table"))
    monkeypatch.setattr(verification, "INVARIANTS", (unreadable,))
    status, out, message = verify_books()
    assert (status, out) == (2, "")
    assert message == 'The books cannot be read: relation "no_such_table" does not exist'


# ── The gauge and the task ──────────────────────────────────────────────────────────────────────
def test_a_look_at_all_books_feeds_the_gauge(broken: Shop) -> None:
    verify_books("--tenant", broken.slug)
    assert gauge("I99") is None, "a part of the books says nothing about the rest"
    verify_books()
    assert gauge("I99") == 25
    assert gauge("I37") == 0


def test_the_task_logs_what_does_not_hold(broken: Shop, caplog: pytest.LogCaptureFixture) -> None:
    tasks.verify_all_books()
    assert "I99" in caplog.text
    assert gauge("I99") == 25
    assert tasks.verify_all_books.name in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


def test_a_test_fails_when_its_books_do_not_hold(broken: Shop) -> None:
    with pytest.raises(AssertionError, match="I99 \\(25 rows\\): journals 0"):
        assert_books_clean(broken.tenant.id)


# ── The snapshot ────────────────────────────────────────────────────────────────────────────────
def test_the_snapshot_is_one_moment_and_read_only(shop: Shop, as_owner: psycopg.Connection[Any]) -> None:
    count = "SELECT count(*) FROM stores WHERE tenant_id = %s"
    with read_only_snapshot() as raw:
        assert raw.execute("SELECT current_user, current_setting('transaction_isolation')").fetchone() == (
            settings.APPLICATION_ROLE,
            "repeatable read",
        )
        before = raw.execute(count, [shop.tenant.id]).fetchone()
        as_owner.execute("INSERT INTO stores (tenant_id, code, name) VALUES (%s, 'new', '')", [shop.tenant.id])
        as_owner.commit()
        assert raw.execute(count, [shop.tenant.id]).fetchone() == before
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), raw.transaction():
            raw.execute("UPDATE tenants SET name = 'x'")


def test_since_leaves_out_what_is_older(shop: Shop, as_owner: psycopg.Connection[Any]) -> None:
    """The sale's journal is of 25 February."""
    assert shop.send(shop.sale()).status_code == 201
    as_owner.execute("ALTER TABLE journals DISABLE TRIGGER USER")
    as_owner.execute("UPDATE journals SET posting_count = 9 WHERE tenant_id = %s", [shop.tenant.id])
    found = {}
    for since in (None, date(2026, 2, 25), date(2026, 2, 26)):
        snapshot = Snapshot(as_owner, shop.tenant.id, since)
        i15 = next(one for one in verification.INVARIANTS if one.id == "I15")
        found[since] = len(list(i15.check(snapshot)))
    assert found == {None: 1, date(2026, 2, 25): 1, date(2026, 2, 26): 0}


def test_rows_are_streamed(books: None, as_owner: psycopg.Connection[Any]) -> None:
    """A check that reads a lot tells how far it is, and holds one row at a time."""
    told: list[int] = []
    check = by_sql("SELECT NULL::bigint, 't', n::text, 'x' FROM generate_series(1, 1200) n")
    rows = check(Snapshot(as_owner, on_rows=told.append))
    next(iter(rows))
    assert told == []
    assert sum(1 for _ in rows) == 1199
    assert told == [500, 1000]


# ── The list ────────────────────────────────────────────────────────────────────────────────────
def test_the_documentation_lists_what_is_checked() -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "invariants.md").read_text()
    checked = re.search(r"## Checked\n(.*?)\n## ", page, re.DOTALL)
    assert checked is not None
    assert re.findall(r"^\| (I\d\d) ", checked[1], re.MULTILINE) == [one.id for one in verification.INVARIANTS]


def test_ids_are_unique() -> None:
    ids = [one.id for one in verification.INVARIANTS]
    assert len(set(ids)) == len(ids)
