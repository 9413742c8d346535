"""Attacks on the sealed audit trail with raw SQL, as the owner and as the application role."""

from pathlib import Path

import psycopg
import pytest
from pytest_django import Settings

from tests.conftest import Shop, open_shop
from tests.scenes.attacks import Raw, assert_refused_by
from tests.scenes.audit_trail import note, seal

ZEROS = "decode(repeat('00', 32), 'hex')"
NEW_BLOCK = "nextval(pg_get_serial_sequence('audit_blocks', 'id'))"
#: The next block as audit_seal_v1 would write it, for seals of block id %(id)s; what is wrong comes from outside.
BLOCK = """
WITH h AS (SELECT * FROM audit_blocks WHERE tenant_id = %(tenant)s ORDER BY number DESC LIMIT 1),
s AS (SELECT count(*) AS n, min(entry_id) AS lowest, max(entry_id) AS highest,
             sha256(string_agg(sha256, ''::bytea ORDER BY position)) AS hash
      FROM audit_seals WHERE block_id = %(id)s),
b AS (SELECT %(id)s::bigint AS id, {number} AS number, s.lowest AS first_entry_id, s.highest AS last_entry_id,
             {count} AS entry_count, {length} AS chain_length, {entries} AS entries_sha256,
             {previous} AS previous_sha256, ''::bytea AS block_sha256, now() AS sealed_at, h.tenant_id
      FROM h CROSS JOIN s)
INSERT INTO audit_blocks SELECT id, number, first_entry_id, last_entry_id, entry_count, chain_length, entries_sha256,
                                previous_sha256, {sha256}, sealed_at, tenant_id FROM b
"""
GOOD = {
    "number": "h.number + 1",
    "count": "s.n",
    "length": "h.chain_length + s.n",
    "previous": "h.block_sha256",
    "entries": "s.hash",
    "sha256": "audit_block_sha256_v1(ROW(b.*)::audit_blocks)",
}
SEAL = """
INSERT INTO audit_seals (entry_id, tenant_id, block_id, position, sha256)
SELECT e.id, %(tenant)s, %(id)s, {position}, {sha256} FROM audit_log e WHERE e.id = %(entry)s
"""


@pytest.fixture(autouse=True)
def anchor_file(settings: Settings, tmp_path: Path) -> None:
    """Anchors of this test alone."""
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")


class Forger:
    """Continues a shop's chain by hand, on the owner's open connection."""

    def __init__(self, raw: Raw, shop: Shop) -> None:
        seal(shop)
        (self.entry,) = note(shop, "to be sealed by hand")
        self.raw = raw
        self.names = {"tenant": shop.tenant.id, "entry": self.entry, "id": self._new_block()}

    def seal(self, *, position: str = "1", sha256: str = "audit_entry_sha256_v1(e)", **names: int) -> None:
        self.raw.execute(SEAL.format(position=position, sha256=sha256).encode(), self.names | names)

    def block(self, **parts: str) -> None:
        self.raw.execute(BLOCK.format(**(GOOD | parts)).encode(), self.names)

    def _new_block(self) -> int:
        row = self.raw.execute(f"SELECT {NEW_BLOCK}".encode()).fetchone()
        assert row is not None
        return int(row[0])


@pytest.fixture
def forger(shop: Shop, as_owner: Raw) -> Forger:
    return Forger(as_owner, shop)


def test_it_takes_a_block_made_by_hand_exactly_as_the_function_would(forger: Forger) -> None:
    """Else the refusals below would prove nothing."""
    forger.seal()
    forger.block()
    forger.raw.commit()


@pytest.mark.parametrize(
    ("part", "value", "constraint"),
    [
        ("number", "h.number + 2", "audit_blocks_dense"),
        ("number", "0", "audit_blocks_numbered_from_one"),
        ("previous", ZEROS, "audit_blocks_linked"),
        ("length", "h.chain_length", "audit_blocks_linked"),
        ("entries", ZEROS, "audit_blocks_complete"),
        ("sha256", ZEROS, "audit_blocks_recompute"),
    ],
)
def test_it_refuses_a_block_that_does_not_carry_on(forger: Forger, part: str, value: str, constraint: str) -> None:
    forger.seal()
    with assert_refused_by(constraint):
        forger.block(**{part: value})


def test_it_refuses_a_block_of_more_entries_than_it_has(forger: Forger) -> None:
    forger.seal()
    with assert_refused_by("audit_blocks_complete"):
        forger.block(count="2", length="h.chain_length + 2")


def test_it_refuses_positions_with_a_gap(forger: Forger) -> None:
    forger.seal(position="2")
    with assert_refused_by("audit_blocks_complete"):
        forger.block()


def test_it_refuses_a_second_block_of_the_same_number(forger: Forger) -> None:
    forger.seal()
    with assert_refused_by("audit_blocks_one_per_number"):
        forger.block(number="h.number")


def test_it_refuses_to_seal_an_entry_twice(forger: Forger, shop: Shop) -> None:
    sealed = shop.rows("SELECT min(entry_id) FROM audit_seals WHERE tenant_id = %s")[0][0]
    with assert_refused_by("audit_seals_pkey"):
        forger.seal(entry=sealed)


def test_it_refuses_a_seal_that_is_not_the_entrys_hash(forger: Forger) -> None:
    with assert_refused_by("audit_seals_recompute"):
        forger.seal(sha256=ZEROS)


def test_it_refuses_to_seal_an_entry_of_another_tenant(forger: Forger) -> None:
    other = open_shop()
    (theirs,) = note(other, "not yours")
    with assert_refused_by("audit_seals_recompute"):
        forger.seal(entry=theirs)


def test_it_refuses_to_add_to_a_closed_block(forger: Forger, shop: Shop) -> None:
    closed = shop.rows("SELECT id FROM audit_blocks WHERE tenant_id = %s")[0][0]
    with assert_refused_by("audit_seals_before_block"):
        forger.seal(id=closed, position="3")


def test_it_refuses_seals_without_their_block_at_commit(forger: Forger) -> None:
    forger.seal()
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        forger.raw.commit()


@pytest.mark.parametrize("table", ["audit_blocks", "audit_seals"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_it_refuses_to_rewrite_the_chain(as_owner: Raw, table: str, statement: str) -> None:
    as_owner.execute("SET LOCAL session_replication_role = replica")
    with pytest.raises(psycopg.errors.CheckViolation, match="never changed or deleted"):
        as_owner.execute(statement.format(table).encode())


@pytest.mark.parametrize("table", ["audit_blocks", "audit_seals"])
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}", "INSERT INTO {} DEFAULT VALUES"],
)
def test_the_application_role_seals_through_the_function_only(as_application: Raw, table: str, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_application.execute(statement.format(table).encode())
