"""`manage.py seal_audit` and `verify_audit`: what they say, and how they end."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django import Settings

from ledgersafe.audit import full_check
from ledgersafe.audit.sealing import seal_trail
from tests.conftest import Shop, open_shop
from tests.scenes.audit_trail import note, seal, three_blocks

pytestmark = pytest.mark.cooks_the_books
Tampering = Callable[..., None]
GUARDED = ("audit_log", "audit_seals", "audit_blocks")


@pytest.fixture(autouse=True)
def anchor_file(settings: Settings, tmp_path: Path) -> Path:
    """Anchors of this test alone."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    return Path(settings.AUDIT_ANCHOR_FILE)


@pytest.fixture
def middle(shop: Shop) -> list[int]:
    """The three entries of the second of three sealed and anchored blocks."""
    return three_blocks(shop)


@pytest.fixture
def tamper(as_owner: psycopg.Connection[Any], shop: Shop) -> Tampering:
    """Run statements as somebody who may do everything, and commit."""

    def work(*statements: str, **names: Any) -> None:
        for table in GUARDED:
            as_owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        for statement in statements:
            as_owner.execute(statement.encode(), {"tenant": shop.tenant.id} | names)
        as_owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in GUARDED:
            as_owner.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())
            as_owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only".encode())
        as_owner.execute("ALTER TABLE audit_seals ENABLE ALWAYS TRIGGER seals_guard")
        as_owner.execute("ALTER TABLE audit_blocks ENABLE ALWAYS TRIGGER blocks_guard")
        as_owner.commit()

    return work


class Terminal(io.StringIO):
    """A standard output somebody looks at."""

    def isatty(self) -> bool:
        return True


def run(command: str, *arguments: str, out: io.StringIO | None = None) -> tuple[int, str, str]:
    """Exit status, standard output, message."""
    out = out or io.StringIO()
    try:
        call_command(command, *arguments, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), ""


def verify(shop: Shop, *arguments: str, out: io.StringIO | None = None) -> tuple[int, str, str]:
    return run("verify_audit", "--tenant", shop.slug, *arguments, out=out)


# ── As it was sealed ────────────────────────────────────────────────────────────────────────────
def test_it_says_where_a_good_trail_ends(shop: Shop, middle: list[int]) -> None:
    status, out, message = verify(shop)
    head = shop.rows("SELECT encode(block_sha256, 'hex') FROM audit_blocks WHERE tenant_id = %s AND number = 3")[0][0]
    assert (status, message) == (0, "")
    assert out == (
        f"The trail of tenant {shop.slug} is as it was sealed: 6 entries. "
        f"The head is block 3, {head}, anchored through block 3.\n"
    )


def test_a_trail_without_blocks_is_good(shop: Shop) -> None:
    status, out, _ = verify(shop)
    assert (status, out) == (0, f"The trail of tenant {shop.slug} is as it was sealed: 0 entries.\n")


def test_it_checks_long_chains_in_parts(shop: Shop, middle: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(full_check, "BLOCKS_AT_ONCE", 2)
    assert verify(shop)[0] == 0


# ── Tampered with ───────────────────────────────────────────────────────────────────────────────
def test_it_names_the_first_changed_entry(shop: Shop, middle: list[int], tamper: Tampering) -> None:
    tamper("UPDATE audit_log SET notes = 'never happened' WHERE id = ANY(%(ids)s)", ids=middle[1:])
    status, out, message = verify(shop)
    assert status == 1
    assert out.splitlines() == [f"{shop.slug} block 2 entry {entry}: is not what was sealed" for entry in middle[1:]]
    assert message == (
        f"2 rows are not as they were sealed. The first: {shop.slug}: block 2 entry {middle[1]} is not what was sealed"
    )


def test_it_names_the_first_bad_row_in_the_order_of_the_chain(
    shop: Shop, middle: list[int], tamper: Tampering, monkeypatch: pytest.MonkeyPatch
) -> None:
    tamper(
        "UPDATE audit_log SET notes = 'x' WHERE tenant_id = %(tenant)s AND object_id IN ('last', 'two')",
        "DELETE FROM audit_log WHERE id = %(id)s",
        id=middle[2],
    )
    for together in (1, 2, 100):
        monkeypatch.setattr(full_check, "BLOCKS_AT_ONCE", together)
        lines = verify(shop)[1].splitlines()
        assert [line.split(" ", 1)[1] for line in lines[:2]] == [
            f"block 2 entry {middle[1]}: is not what was sealed",
            f"block 2 entry {middle[2]}: is gone",
        ]
        assert len(lines) == 3


def test_it_names_a_cut_tail(shop: Shop, middle: list[int], tamper: Tampering) -> None:
    tamper(
        "DELETE FROM audit_log WHERE tenant_id = %(tenant)s AND object_id = 'last'",
        "DELETE FROM audit_seals s USING audit_blocks b WHERE b.id = s.block_id AND b.tenant_id = %(tenant)s "
        "AND b.number = 3",
        "DELETE FROM audit_blocks WHERE tenant_id = %(tenant)s AND number = 3",
    )
    status, out, _ = verify(shop)
    assert status == 1
    assert out.startswith(f"{shop.slug} block 3: was anchored at 20")
    assert out.endswith("UTC and is gone: the tail was cut, or a backup was restored\n")


def test_it_names_an_entry_slipped_in_with_an_old_date(shop: Shop, middle: list[int], tamper: Tampering) -> None:
    tamper(
        "INSERT INTO audit_log (tenant_id, at, actor, action, object_type, object_id) "
        "VALUES (%(tenant)s, '2026-01-01 12:00Z', 'a', 'b', 'c', 'slipped in')"
    )
    slipped_in = shop.rows("SELECT id FROM audit_log WHERE tenant_id = %s AND object_id = 'slipped in'")[0][0]
    status, out, _ = verify(shop)
    assert status == 1
    assert out.startswith(f"{shop.slug} entry {slipped_in}: is dated 2026-01-01 12:00:00 UTC and was not there when")
    assert seal(shop, everything=True).number == 4
    assert verify(shop)[1].startswith(f"{shop.slug} block 4 entry {slipped_in}: is dated 2026-01-01 12:00:00 UTC")


def test_an_archived_copy_of_the_anchors_does_as_well(
    shop: Shop, middle: list[int], tamper: Tampering, anchor_file: Path, tmp_path: Path
) -> None:
    archived = anchor_file.rename(tmp_path / "archived.jsonl")
    assert verify(shop)[0] == 0
    tamper("UPDATE audit_blocks SET block_sha256 = sha256('') WHERE tenant_id = %(tenant)s AND number = 3")
    status, out, _ = verify(shop, "--anchors", str(archived))
    assert status == 1
    assert "history was rewritten" in out


def test_it_names_a_tenant_that_is_gone_with_its_trail(shop: Shop, middle: list[int], anchor_file: Path) -> None:
    anchor_file.write_text(anchor_file.read_text().replace(f'"tenant_id": {shop.tenant.id},', '"tenant_id": 99999999,'))
    status, out, _ = run("verify_audit")
    assert status == 1
    assert "#99999999 block 1: was anchored at" in out


def test_a_terminal_gets_a_table(shop: Shop, middle: list[int], tamper: Tampering) -> None:
    tamper("UPDATE audit_log SET notes = 'never happened' WHERE id = ANY(%(ids)s)", ids=middle)
    status, out, _ = verify(shop, "--rows", "2", out=Terminal())
    assert status == 1
    assert "Not as it was sealed" in out
    assert str(middle[1]) in out
    assert "and 1 more rows" in out


def test_json_is_one_document(shop: Shop, middle: list[int], tamper: Tampering) -> None:
    tamper("UPDATE audit_log SET notes = 'never happened' WHERE id = ANY(%(ids)s)", ids=middle)
    status, out, _ = verify(shop, "--json", "--rows", "1")
    told = json.loads(out)
    (trail,) = told["trails"]
    assert (status, told["ok"], trail["tenant"], trail["not_named"]) == (1, False, shop.slug, 2)
    assert trail["findings"] == [{"block": 2, "position": 1, "entry": middle[0], "message": "is not what was sealed"}]
    assert (trail["head_block"], trail["sealed_entries"], trail["anchored_block"]) == (3, 6, 3)


# ── What is no violation, and worth a word ──────────────────────────────────────────────────────
def test_it_warns_of_entries_nobody_seals(shop: Shop, tamper: Tampering) -> None:
    tamper("UPDATE audit_log SET at = at - interval '11 minutes' WHERE tenant_id = %(tenant)s")
    status, out, _ = verify(shop)
    assert status == 0
    assert f"warning: {shop.slug}: 2 entries older than 10 minutes are in no block yet, the first is entry" in out


def test_it_warns_of_an_entry_between_sealed_ones(shop: Shop, as_owner: psycopg.Connection[Any]) -> None:
    as_owner.execute(
        "INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id) VALUES (%s, 'a', 'b', 'c', 'd')",
        [shop.tenant.id],
    )
    note(shop, "later, and sealed first")
    seal(shop)
    as_owner.commit()
    status, out, _ = verify(shop)
    assert status == 0
    assert f"warning: {shop.slug}: 1 entries with ids between sealed ones are in no block, the first is entry" in out


def test_it_warns_when_nothing_is_anchored(shop: Shop) -> None:
    seal(shop)
    status, out, _ = verify(shop)
    assert status == 0
    assert f"warning: {shop.slug}: No head of this trail is anchored" in out
    assert out.endswith("not anchored.\n")


def test_it_warns_of_lines_that_are_no_anchors(shop: Shop, middle: list[int], anchor_file: Path) -> None:
    anchor_file.write_text("torn\n" + anchor_file.read_text())
    status, out, _ = verify(shop)
    assert status == 0
    assert f"warning: Line 1 of {anchor_file} is not an anchor." in out


# ── Wrong use ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tenant", "nobody"], "There is no tenant 'nobody'"),
        (["--anchors", "/no/such/file"], "There is no file /no/such/file."),
        (["--rows", "0"], "--rows must be at least 1."),
    ],
)
def test_bad_arguments_are_one_line_and_status_2(books: None, arguments: list[str], said: str) -> None:
    status, out, message = run("verify_audit", *arguments)
    assert (status, out) == (2, "")
    assert said in message
    assert "\n" not in message


def test_anchors_that_cannot_be_read_are_one_line_and_status_2(shop: Shop, anchor_file: Path) -> None:
    anchor_file.mkdir()
    status, out, message = verify(shop)
    assert (status, out) == (2, "")
    assert message.startswith("The trail cannot be read: ")


# ── Sealing by hand ─────────────────────────────────────────────────────────────────────────────
def test_sealing_by_hand_says_what_it_sealed(shop: Shop) -> None:
    status, out, _ = run("seal_audit", "--tenant", shop.slug)
    assert status == 0
    assert out.startswith(f"{shop.slug}: block 1 seals 2 entries, ")
    assert run("seal_audit", "--tenant", shop.slug)[1] == f"{shop.slug}: nothing to seal; the head is block 1\n"


def test_sealing_by_hand_seals_every_trail(shop: Shop) -> None:
    other = open_shop()
    _, out, _ = run("seal_audit")
    assert {shop.slug, other.slug} <= {line.split(":")[0] for line in out.splitlines()}
    assert seal_trail(tenant_id=other.tenant.id) is None
    assert verify(other)[0] == 0


def test_sealing_by_hand_anchors_a_head_whose_anchor_had_failed(shop: Shop, anchor_file: Path) -> None:
    seal(shop)
    assert not anchor_file.exists()
    run("seal_audit", "--tenant", shop.slug)
    assert json.loads(anchor_file.read_text())["block"] == 1


def test_sealing_for_nobody_is_one_line_and_status_2(books: None) -> None:
    status, out, message = run("seal_audit", "--tenant", "nobody")
    assert (status, out) == (2, "")
    assert message.startswith("There is no tenant 'nobody'")
