"""Check one tenant's trail from the first block to the last, for `verify_audit`: flaws, and warnings."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from ledgersafe.audit.anchors import Anchor, TornLine, anchor_flaws
from ledgersafe.audit.chain import LAST, Flaw, loose_flaws, sealed_flaws
from ledgersafe.postgres.invariants import Snapshot

#: Blocks checked by one statement: small enough for a progress bar, large enough for speed.
BLOCKS_AT_ONCE: Final = 100

_TO_CHECK: Final = "SELECT count(*) FROM audit_blocks WHERE %(tenant)s IN (0, tenant_id)"
#: By existing numbers, not by counting up: a forged number may be as high as numbers go.
_NEXT_BLOCKS: Final = """
SELECT count(*), max(number) FROM (
    SELECT number FROM audit_blocks WHERE tenant_id = %(tenant)s AND number >= %(first)s::bigint
    ORDER BY number LIMIT %(limit)s) next
"""
_HEAD: Final = """
SELECT number, chain_length, encode(block_sha256, 'hex'), sealed_at < now() - interval '10 minutes'
FROM audit_blocks WHERE tenant_id = %(tenant)s ORDER BY number DESC LIMIT 1
"""
_UNSEALED: Final = """
SELECT count(*), count(*) FILTER (WHERE e.at < now() - interval '10 minutes'),
       min(e.id) FILTER (WHERE e.at < now() - interval '10 minutes'),
       count(*) FILTER (WHERE e.id < highest.id), min(e.id) FILTER (WHERE e.id < highest.id)
FROM audit_log e LEFT JOIN audit_seals s ON s.entry_id = e.id
CROSS JOIN (SELECT max(last_entry_id) AS id FROM audit_blocks WHERE tenant_id = %(tenant)s) highest
WHERE e.tenant_id = %(tenant)s AND s.entry_id IS NULL
"""


@dataclass(slots=True)
class Trail:
    """The result of a check of one trail. `named` are the first of `total` flaws."""

    tenant: str
    head_number: int = 0
    entries: int = 0
    head_sha256: str = ""
    unsealed: int = 0
    #: Number of the last anchored block; 0: none.
    anchored_block: int = 0
    named: tuple[Flaw, ...] = ()
    total: int = 0
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class AnchorIndex:
    """The anchors by tenant id: their flaws, and the last anchored block. `torn`: numbers of unreadable lines."""

    flaws: dict[int, list[Flaw]] = field(default_factory=dict)
    last_block: dict[int, int] = field(default_factory=dict)
    torn: list[int] = field(default_factory=list)


def count_blocks(snapshot: Snapshot) -> int:
    """Count the blocks that a check of this snapshot reads."""
    return int(next(snapshot.rows(_TO_CHECK))[0])


def check_anchors(snapshot: Snapshot, lines: Iterable[Anchor | TornLine]) -> AnchorIndex:
    """Check the anchors in one pass. At most `BLOCKS_AT_ONCE` flaws a tenant are kept: one is proof enough."""
    index = AnchorIndex()

    def sound() -> Iterator[Anchor]:
        for line in lines:
            if isinstance(line, TornLine):
                index.torn.append(line.number)
            else:
                index.last_block[line.tenant_id] = line.block
                yield line

    for flaw in anchor_flaws(snapshot, sound()):
        several = index.flaws.setdefault(flaw.tenant_id, [])
        if all(flaw.block != known.block for known in several[-1:]) and len(several) < BLOCKS_AT_ONCE:
            several.append(flaw)
    return index


def check_trail(
    snapshot: Snapshot, tenant: str, anchors: AnchorIndex, *, named_rows: int, on_blocks: Callable[[int], None]
) -> Trail:
    """Check the trail of the snapshot's tenant. :param on_blocks: called with the number of blocks checked since."""
    tenant_id = snapshot.tenant_id or 0
    trail = Trail(tenant, anchored_block=anchors.last_block.get(tenant_id, 0))
    flaws = _flaws(snapshot, anchors.flaws.get(tenant_id, []), on_blocks)
    trail.named = tuple(islice(flaws, named_rows))
    trail.total = len(trail.named) + sum(1 for _ in flaws)
    head_is_old = False
    for number, length, sha256, is_old in snapshot.rows(_HEAD):
        trail.head_number, trail.entries, trail.head_sha256, head_is_old = number, length, sha256, is_old
    _warn_of_unsealed(snapshot, trail)
    _warn_of_unanchored(trail, head_is_old)
    return trail


def _flaws(snapshot: Snapshot, anchor_flaws: list[Flaw], on_blocks: Callable[[int], None]) -> Iterator[Flaw]:
    """Flaws of the chain in its order, then of loose entries, then of anchors."""
    first = -LAST
    while True:
        (blocks, last) = next(snapshot.rows(_NEXT_BLOCKS, first=first, limit=BLOCKS_AT_ONCE))
        if not blocks:
            break
        yield from sealed_flaws(snapshot, first=first, last=last)
        on_blocks(blocks)
        if last == LAST:
            break
        first = last + 1
    yield from loose_flaws(snapshot)
    yield from anchor_flaws


def _warn_of_unsealed(snapshot: Snapshot, trail: Trail) -> None:
    (trail.unsealed, old, first_old, between, first_between) = next(snapshot.rows(_UNSEALED))
    if old:
        trail.warnings.append(
            f"{old} entries older than 10 minutes are in no block yet, the first is entry {first_old}: "
            "does the sealing job run?"
        )
    if between:
        trail.warnings.append(
            f"{between} entries with ids between sealed ones are in no block, the first is entry {first_between}: "
            "committed late, or slipped in."
        )


def _warn_of_unanchored(trail: Trail, head_is_old: bool) -> None:
    if trail.head_number and not trail.anchored_block:
        trail.warnings.append("No head of this trail is anchored: a cut tail would not be noticed.")
    elif head_is_old and trail.anchored_block < trail.head_number:
        trail.warnings.append(f"Blocks after {trail.anchored_block} are not anchored: does the sealing job run?")
