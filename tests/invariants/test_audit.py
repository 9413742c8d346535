"""I29 and I30: tamper with the sealed trail past every guard, see exactly it reported."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from pytest_django import Settings

from tests.conftest import Shop
from tests.scenes.audit_trail import three_blocks
from tests.scenes.violations import Ground


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
def trail(middle: list[int], shop: Shop, as_owner: psycopg.Connection[Any]) -> Ground:
    """That trail in the owner's open transaction, which began after the last anchor."""
    ground = Ground(as_owner, shop)
    assert ground.broken() == {}
    return ground


#: A whole chain made again after entries were changed: what somebody with every right could do.
REWRITE = """
DO $do$ DECLARE b audit_blocks; head audit_blocks; BEGIN
    UPDATE audit_seals s SET sha256 = audit_entry_sha256_v1(e) FROM audit_log e
        WHERE e.id = s.entry_id AND s.tenant_id = {tenant};
    FOR b IN SELECT * FROM audit_blocks WHERE tenant_id = {tenant} ORDER BY number LOOP
        SELECT sha256(string_agg(sha256, ''::bytea ORDER BY position)) INTO b.entries_sha256
            FROM audit_seals WHERE block_id = b.id;
        b.previous_sha256 := coalesce(head.block_sha256, b.previous_sha256);
        b.block_sha256 := audit_block_sha256_v1(b);
        UPDATE audit_blocks SET entries_sha256 = b.entries_sha256, previous_sha256 = b.previous_sha256,
            block_sha256 = b.block_sha256 WHERE id = b.id;
        head := b;
    END LOOP;
END $do$
"""
CUT_ENTRIES = """
DELETE FROM audit_log WHERE id IN (
    SELECT s.entry_id FROM audit_seals s JOIN audit_blocks b ON b.id = s.block_id
    WHERE b.tenant_id = %(tenant)s AND b.number >= 3)
"""
CUT_SEALS = """
DELETE FROM audit_seals WHERE block_id IN (
    SELECT id FROM audit_blocks WHERE tenant_id = %(tenant)s AND number >= 3)
"""
CUT_BLOCKS = "DELETE FROM audit_blocks WHERE tenant_id = %(tenant)s AND number >= 3"


def seal_planted(trail: Ground) -> None:
    """Seal in the owner's open transaction, where planting has made every constraint immediate."""
    trail.raw.execute("SET CONSTRAINTS ALL DEFERRED")
    trail.raw.execute("SELECT audit_seal_v1(%s, true)", [trail.shop.tenant.id])


# ── I29 ─────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "change",
    [
        "notes = 'never happened'",
        "actor = 'user:somebody else'",
        "action = action || '.'",
        "object_id = '0'",
        "object_type = 'other'",
        "request_id = 'other'",
        "at = at + interval '1 microsecond'",
        'after = after || \'{"amount": "1.000"}\'',
        "after = NULL",
        "before = 'null'",
        "id = id + 1000000",
    ],
)
def test_i29_sees_a_changed_entry(trail: Ground, middle: list[int], change: str) -> None:
    trail.plant(f"UPDATE audit_log SET {change} WHERE id = %(id)s", id=middle[1])
    # An entry that has another id is gone, and its seal names nothing.
    implied = "I12" if change.startswith("id") else ""
    trail.assert_broken("I29", "audit_log", str(middle[1]), implied=implied)


def test_i29_sees_an_entry_given_to_another_tenant(trail: Ground, middle: list[int]) -> None:
    trail.plant(
        "UPDATE audit_log SET tenant_id = (SELECT min(id) FROM tenants WHERE id <> %(tenant)s) WHERE id = %(id)s",
        id=middle[1],
    )
    trail.assert_broken("I29", "audit_log", str(middle[1]), implied="I12")


def test_i29_sees_a_deleted_entry(trail: Ground, middle: list[int]) -> None:
    trail.plant("DELETE FROM audit_log WHERE id = %(id)s", id=middle[1])
    trail.assert_broken("I29", "audit_log", str(middle[1]), implied="I12")


def test_i29_sees_an_entry_deleted_with_its_seal(trail: Ground, middle: list[int]) -> None:
    trail.plant("DELETE FROM audit_log WHERE id = %(id)s", id=middle[1])
    trail.plant("DELETE FROM audit_seals WHERE entry_id = %(id)s", id=middle[1])
    trail.assert_broken("I29", "audit_blocks", "2")
    assert trail.broken()["I29"][0].message == "was closed with 3 seals and has 2; the one at position 2 is gone"


def test_i29_sees_two_entries_swapped(trail: Ground, middle: list[int]) -> None:
    trail.plant(
        "UPDATE audit_log e SET notes = o.notes, object_id = o.object_id, after = o.after FROM audit_log o "
        "WHERE (e.id, o.id) IN ((%(one)s, %(two)s), (%(two)s, %(one)s))",
        one=middle[0],
        two=middle[2],
    )
    trail.assert_broken("I29", "audit_log", str(middle[0]))
    assert [violation.row for violation in trail.broken()["I29"]] == [str(middle[0]), str(middle[2])]


def test_i29_sees_two_seals_swapped(trail: Ground, middle: list[int]) -> None:
    trail.plant("ALTER TABLE audit_seals DROP CONSTRAINT audit_seals_one_per_position")
    trail.plant("UPDATE audit_seals SET position = 4 - position WHERE entry_id = ANY(%(ids)s)", ids=middle)
    trail.assert_broken("I29", "audit_blocks", "2")


@pytest.mark.parametrize("at", ["'2026-01-01Z'", "(SELECT max(sealed_at) FROM audit_blocks) - interval '61 minutes'"])
def test_i29_sees_an_entry_slipped_in_with_an_old_date(trail: Ground, at: str) -> None:
    slipped_in = trail.plant(
        "INSERT INTO audit_log (tenant_id, at, actor, action, object_type, object_id) "
        f"VALUES (%(tenant)s, {at}, 'a', 'b', 'c', 'd') RETURNING id"
    )
    trail.assert_broken("I29", "audit_log", slipped_in)
    seal_planted(trail)
    trail.assert_broken("I29", "audit_log", slipped_in)


def test_i29_sees_an_entry_dated_after_its_block(trail: Ground) -> None:
    early = trail.plant(
        "INSERT INTO audit_log (tenant_id, at, actor, action, object_type, object_id) "
        "VALUES (%(tenant)s, now() + interval '2 hours', 'a', 'b', 'c', 'd') RETURNING id"
    )
    seal_planted(trail)
    trail.assert_broken("I29", "audit_log", early)


def test_i29_sees_an_entry_inserted_into_a_block(trail: Ground) -> None:
    inserted = trail.plant(
        """WITH e AS (
            INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id)
            VALUES (%(tenant)s, 'a', 'b', 'c', 'd') RETURNING *
        ) INSERT INTO audit_seals (entry_id, tenant_id, block_id, position, sha256)
        SELECT e.id, e.tenant_id, b.id, 4, sha256('') FROM e JOIN audit_blocks b ON b.tenant_id = e.tenant_id
        WHERE b.number = 2 RETURNING entry_id"""
    )
    trail.assert_broken("I29", "audit_log", inserted)
    assert [violation.row for violation in trail.broken()["I29"]] == [inserted, "2"]


def test_i29_sees_a_changed_seal(trail: Ground, middle: list[int]) -> None:
    trail.plant("UPDATE audit_seals SET sha256 = sha256('') WHERE entry_id = %(id)s", id=middle[1])
    assert [violation.row for violation in trail.broken()["I29"]] == [str(middle[1]), "2"]


@pytest.mark.parametrize(
    "change",
    [
        "sealed_at = sealed_at - interval '1 second'",
        "entry_count = entry_count + 1",
        "chain_length = chain_length + 1",
        "first_entry_id = first_entry_id - 1",
        "previous_sha256 = sha256('')",
        "entries_sha256 = sha256('')",
    ],
)
def test_i29_sees_a_changed_block(trail: Ground, change: str) -> None:
    trail.plant(f"UPDATE audit_blocks SET {change} WHERE tenant_id = %(tenant)s AND number = 2")
    trail.assert_broken("I29", "audit_blocks", "2")


def test_i29_sees_a_block_that_was_made_again_alone(trail: Ground, middle: list[int]) -> None:
    """Entry, seal and block agree with each other; the next block does not carry on, and the anchor differs."""
    trail.plant("UPDATE audit_log SET notes = 'never happened' WHERE id = %(id)s", id=middle[1])
    trail.plant(
        "UPDATE audit_seals s SET sha256 = audit_entry_sha256_v1(e) FROM audit_log e WHERE e.id = s.entry_id "
        "AND e.id = %(id)s",
        id=middle[1],
    )
    trail.plant(
        "UPDATE audit_blocks b SET entries_sha256 = (SELECT sha256(string_agg(sha256, ''::bytea ORDER BY position)) "
        "FROM audit_seals WHERE block_id = b.id) WHERE tenant_id = %(tenant)s AND number = 2"
    )
    trail.plant(
        "UPDATE audit_blocks b SET block_sha256 = audit_block_sha256_v1(b) WHERE tenant_id = %(tenant)s AND number = 2"
    )
    trail.assert_broken("I29", "audit_blocks", "3", implied="I30")
    assert [violation.row for violation in trail.broken()["I30"]] == ["2"]


def test_i29_sees_a_block_taken_out_with_its_seals(trail: Ground) -> None:
    trail.plant(
        "DELETE FROM audit_seals WHERE block_id = "
        "(SELECT id FROM audit_blocks WHERE tenant_id = %(tenant)s AND number = 2)"
    )
    trail.plant("DELETE FROM audit_blocks WHERE tenant_id = %(tenant)s AND number = 2")
    trail.assert_broken("I29", "audit_blocks", "3", implied="I30")
    assert trail.broken()["I29"][0].message == "block 2 is gone"


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "America/St_Johns"])
def test_i29_holds_in_whatever_time_zone(trail: Ground, middle: list[int], zone: str) -> None:
    trail.raw.execute(f"SET LOCAL TIME ZONE '{zone}'; SET LOCAL DateStyle = 'SQL, DMY'".encode())
    assert trail.broken() == {}
    trail.plant("UPDATE audit_log SET notes = 'never happened' WHERE id = %(id)s", id=middle[1])
    trail.assert_broken("I29", "audit_log", str(middle[1]))


def test_i29_sees_through_a_replaced_function(trail: Ground, middle: list[int]) -> None:
    trail.plant("UPDATE audit_log SET notes = 'never happened' WHERE id = %(id)s", id=middle[1])
    trail.raw.execute(
        "CREATE OR REPLACE FUNCTION audit_entry_sha256_v1(e audit_log) RETURNS bytea LANGUAGE sql STABLE "
        "AS $$ SELECT sha256 FROM audit_seals WHERE entry_id = e.id $$"
    )
    trail.assert_broken("I29", "audit_log", str(middle[1]), implied="I36")


# ── I30 ─────────────────────────────────────────────────────────────────────────────────────────
def test_i30_sees_a_cut_tail(trail: Ground) -> None:
    for statement in (CUT_ENTRIES, CUT_SEALS, CUT_BLOCKS):
        trail.plant(statement)
    trail.assert_broken("I30", "audit_blocks", "3")


def test_i30_sees_a_tail_that_was_cut_and_grown_again(trail: Ground) -> None:
    """What a restored backup looks like after its next block."""
    for statement in (CUT_ENTRIES, CUT_SEALS, CUT_BLOCKS):
        trail.plant(statement)
    trail.plant(
        "INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id) "
        "VALUES (%(tenant)s, 'a', 'b', 'c', 'd')"
    )
    seal_planted(trail)
    trail.assert_broken("I30", "audit_blocks", "3")


def test_i30_sees_a_chain_made_again_from_the_beginning(trail: Ground, middle: list[int]) -> None:
    trail.plant("UPDATE audit_log SET notes = 'never happened' WHERE id = %(id)s", id=middle[1])
    with trail._guards_off():
        trail.raw.execute(REWRITE.format(tenant=trail.shop.tenant.id).encode())
    trail.assert_broken("I30", "audit_blocks", "2")
    assert [violation.row for violation in trail.broken()["I30"]] == ["2", "3"]


def test_i30_sees_a_trail_that_is_gone_altogether(trail: Ground) -> None:
    for table in ("audit_seals", "audit_blocks", "audit_log"):
        trail.plant(f"DELETE FROM {table} WHERE tenant_id = %(tenant)s")
    trail.assert_broken("I30", "audit_blocks", "1")


def test_i30_does_not_judge_by_anchors_younger_than_what_it_sees(trail: Ground, anchor_file: Path) -> None:
    """A block sealed and anchored while a check runs is not in the check's snapshot."""
    last = anchor_file.read_text().splitlines()[-1]
    with anchor_file.open("a") as lines:
        lines.write(last.replace('"block": 3', '"block": 4').replace('"at": "20', '"at": "29') + "\n")
    assert trail.broken() == {}


def test_i30_says_when_the_anchors_cannot_be_read(trail: Ground, anchor_file: Path) -> None:
    anchor_file.unlink()
    anchor_file.mkdir()
    trail.assert_broken("I30", "audit_blocks", "-")
    anchor_file.rmdir()
