"""Verify the audit trail against its seals: each block against the one before, each entry against its seal.

All of it is SQL over a snapshot, so that memory does not grow with the trail. The hashes of entries and blocks are
spelled here once more, apart from the function that seals: replacing that function must not replace the proof.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ledgersafe.postgres.invariants import Snapshot

#: The highest block number; its negative is the lowest that a forged block can have.
LAST: Final = 2**63 - 1

_ENTRY_SHA256: Final = """
sha256(convert_to(jsonb_build_array(
    'audit.entry.v1', e.id, e.tenant_id, e.at AT TIME ZONE 'UTC', e.actor, e.action, e.object_type, e.object_id,
    e.before::text, e.after::text, e.notes, e.request_id)::text, 'UTF8'))
"""
_BLOCK_SHA256: Final = """
sha256(convert_to(jsonb_build_array(
    'audit.block.v1', b.tenant_id, b.number, b.first_entry_id, b.last_entry_id, b.entry_count, b.chain_length,
    encode(b.entries_sha256, 'hex'), encode(b.previous_sha256, 'hex'), b.sealed_at AT TIME ZONE 'UTC')::text, 'UTF8'))
"""

#: The blocks to check, each with the block before.
_BLOCKS: Final = """
SELECT b.*, p.id AS previous_id, p.block_sha256 AS carried, p.chain_length AS so_far, p.sealed_at AS sealed_before
FROM audit_blocks b LEFT JOIN audit_blocks p ON p.tenant_id = b.tenant_id AND p.number = b.number - 1
WHERE %(tenant)s IN (0, b.tenant_id) AND b.sealed_at >= %(since)s::date
  AND b.number BETWEEN %(first)s::bigint AND %(last)s::bigint
"""

_BLOCK_FLAWS: Final = f"""
SELECT b.tenant_id, b.number, NULL::bigint AS position, NULL::bigint AS entry_id,
       CASE WHEN b.number <> 1 AND b.previous_id IS NULL THEN 'block ' || b.number - 1 || ' is gone'
            WHEN b.previous_sha256 <> coalesce(b.carried, decode(repeat('00', 32), 'hex'))
              OR b.chain_length <> coalesce(b.so_far, 0) + b.entry_count
                THEN 'does not carry on from block ' || b.number - 1
            WHEN b.block_sha256 <> {_BLOCK_SHA256} THEN 'was changed: its own hash is another one'
            WHEN s.seals <> b.entry_count OR s.first_gap IS NOT NULL
                THEN 'was closed with ' || b.entry_count || ' seals and has ' || s.seals
                     || coalesce('; the one at position ' || s.first_gap || ' is gone', '')
            WHEN (s.hash, s.lowest, s.highest) IS DISTINCT FROM (b.entries_sha256, b.first_entry_id, b.last_entry_id)
                THEN 'was closed with other seals than it has'
            WHEN b.is_second THEN 'has a number that another block has' END AS flaw
FROM (SELECT x.*, EXISTS (SELECT FROM audit_blocks t WHERE t.tenant_id = x.tenant_id AND t.number = x.number
                          AND t.id < x.id) AS is_second FROM blocks x) b
CROSS JOIN LATERAL (
    SELECT count(*) AS seals, min(entry_id) AS lowest, max(entry_id) AS highest,
           sha256(coalesce(string_agg(sha256, ''::bytea ORDER BY position), '')) AS hash,
           min(rank) FILTER (WHERE rank <> position) AS first_gap
    FROM (SELECT z.*, row_number() OVER (ORDER BY z.position) AS rank FROM audit_seals z
          WHERE z.tenant_id = b.tenant_id AND z.block_id = b.id) z
) s
"""  # noqa: S608  the parts above

#: The sealing job sees an entry within minutes of its date. A block holds only what no earlier block could have held,
#: give or take an hour for a transaction that was open so long.
_ENTRY_FLAWS: Final = f"""
SELECT s.tenant_id, b.number, s.position, s.entry_id,
       CASE WHEN e.id IS NULL THEN 'is gone'
            WHEN s.sha256 <> {_ENTRY_SHA256} THEN 'is not what was sealed'
            WHEN e.at < b.sealed_before - interval '1 hour'
                THEN 'is dated ' || e.at AT TIME ZONE 'UTC' || ' UTC and was not there when block ' || b.number - 1
                     || ' was sealed at ' || b.sealed_before AT TIME ZONE 'UTC' || ' UTC'
            WHEN e.at > b.sealed_at + interval '1 hour'
                THEN 'is dated ' || e.at AT TIME ZONE 'UTC' || ' UTC, after it was sealed at '
                     || b.sealed_at AT TIME ZONE 'UTC' || ' UTC' END AS flaw
FROM blocks b
JOIN audit_seals s ON s.tenant_id = b.tenant_id AND s.block_id = b.id
LEFT JOIN audit_log e ON e.id = s.entry_id
"""  # noqa: S608  the parts above

#: Rows outside of blocks: entries slipped in with an old date, seals whose block is gone.
_LOOSE_FLAWS: Final = """
SELECT e.tenant_id, NULL::bigint, NULL::bigint, e.id,
       'is dated ' || e.at AT TIME ZONE 'UTC' || ' UTC and was not there when block ' || h.number
       || ' was sealed at ' || h.sealed_at AT TIME ZONE 'UTC' || ' UTC'
FROM audit_log e
JOIN (SELECT DISTINCT ON (tenant_id) tenant_id, number, sealed_at FROM audit_blocks
      ORDER BY tenant_id, number DESC) h ON h.tenant_id = e.tenant_id
LEFT JOIN audit_seals s ON s.entry_id = e.id
WHERE s.entry_id IS NULL AND e.at < h.sealed_at - interval '1 hour'
  AND %(tenant)s IN (0, e.tenant_id) AND e.at >= %(since)s::date
UNION ALL
SELECT s.tenant_id, NULL, s.position, s.entry_id, 'was sealed in a block that is gone'
FROM audit_seals s LEFT JOIN audit_blocks b ON b.id = s.block_id AND b.tenant_id = s.tenant_id
WHERE b.id IS NULL AND %(tenant)s IN (0, s.tenant_id)
"""

_SEALED: Final = f"""
WITH blocks AS MATERIALIZED ({_BLOCKS})
SELECT * FROM ({_BLOCK_FLAWS} UNION ALL {_ENTRY_FLAWS}) found WHERE flaw IS NOT NULL
ORDER BY tenant_id, number, position NULLS LAST
"""  # noqa: S608  the parts above
_LOOSE: Final = f"SELECT * FROM ({_LOOSE_FLAWS}) found (a, b, c, d, flaw) ORDER BY a, d"  # noqa: S608  the part above


class Flaw(NamedTuple):
    """A row that differs from its seal. `block` is a number; without `entry_id`, the block itself is the row."""

    tenant_id: int
    block: int | None
    position: int | None
    entry_id: int | None
    message: str


def sealed_flaws(snapshot: Snapshot, *, first: int = -LAST, last: int = LAST) -> Iterator[Flaw]:
    """Flaws of blocks `first` to `last`, in the order of the chain; entries come before their block."""
    yield from map(Flaw._make, snapshot.rows(_SEALED, first=first, last=last))


def loose_flaws(snapshot: Snapshot) -> Iterator[Flaw]:
    """Flaws of entries and seals outside of blocks, by entry id."""
    yield from map(Flaw._make, snapshot.rows(_LOOSE))


def flaws(snapshot: Snapshot) -> Iterator[Flaw]:
    """Every flaw of the chain, of one tenant or all."""
    yield from sealed_flaws(snapshot)
    yield from loose_flaws(snapshot)
