"""Keep the head of each chain outside the database: proof against a cut tail, a rewritten trail, a restored backup.

Two places: one JSON line in `AUDIT_ANCHOR_FILE`, and one line in the log, which in production goes to yet another
machine. The database's owner can recompute a whole chain, but not heads written elsewhere before; so keep
the file where the database's administrators cannot write. Lines are only ever added. Older ones may be moved away:
the last one of a tenant covers all before it.
"""

import fcntl
import json
import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection

from ledgersafe.audit.chain import Flaw
from ledgersafe.audit.queries import get_head
from ledgersafe.postgres.invariants import Snapshot
from ledgersafe.tenants.models import Tenant

logger = logging.getLogger("ledgersafe.audit.anchor")
_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Anchor:
    """A line: at `at`, by the database's clock, this block was the tenant's last."""

    tenant_id: int
    tenant: str
    block: int
    block_sha256: str
    entries: int
    at: str


class TornLine(NamedTuple):
    """A line that is no anchor, after a full disk, a crash or an edit."""

    number: int


def anchor_file() -> Path:
    """The file of anchors (`AUDIT_ANCHOR_FILE`)."""
    return Path(settings.AUDIT_ANCHOR_FILE)


def anchor_head(tenant: Tenant) -> Anchor | None:
    """Append the current head of the tenant's chain; called by the sealing job and by closes, after their commit.

    A file that cannot be written is logged as an error and nothing stops: the log has the line, too.

    :returns: the anchor, or None when nothing is sealed yet or the file could not be written.
    :raises RuntimeError: inside a transaction: its block may yet be rolled back, and an anchor cannot.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A head is anchored after its transaction has committed.")
    anchor = _read_head(tenant)
    if anchor is None:
        return None
    line = json.dumps(asdict(anchor))
    logger.info("Audit head %s", line)
    try:
        _append(anchor_file(), line.encode() + b"\n")
    except OSError as error:
        logger.error("The audit head cannot be anchored in %s: %s", anchor_file(), error)
        return None
    return anchor


def _read_head(tenant: Tenant) -> Anchor | None:
    """Read the head and then the instant: a snapshot that begins after it is certain to see the block."""
    head = get_head(tenant.id)
    if head is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
    hexadecimal = bytes(head.block_sha256).hex()
    return Anchor(tenant.id, tenant.slug, head.number, hexadecimal, head.chain_length, at.isoformat())


def _append(path: Path, line: bytes) -> None:
    """Append a whole line and sync it to disk, whatever other processes append at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        # The race this closes: a process that ends what a crashed one left, while a third is writing.
        fcntl.flock(file, fcntl.LOCK_EX)
        size = os.fstat(file).st_size
        if size and os.pread(file, 1, size - 1) != b"\n":
            line = b"\n" + line
        while line:
            line = line[os.write(file, line) :]
        os.fsync(file)
    finally:
        os.close(file)
    if size == 0:
        _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    """Sync the folder, so that a new file's name is on disk as well."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_anchors(path: Path) -> Iterator[Anchor | TornLine]:
    """Stream the lines of a file; an absent file has none. :raises OSError: it cannot be read."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _parse(number, line)


def _parse(number: int, line: bytes) -> Anchor | TornLine:
    try:
        anchor = Anchor(**json.loads(line))
        ids = (anchor.tenant_id, anchor.block)
        sound = (
            all(type(number) is int and 0 < number < 2**63 for number in ids)
            and len(bytes.fromhex(anchor.block_sha256)) == 32
        )
        if sound and datetime.fromisoformat(anchor.at).tzinfo is not None:
            return anchor
    except (ValueError, TypeError, RecursionError):
        pass
    return TornLine(number)


# ── Against the blocks ──────────────────────────────────────────────────────────────────────────
#: Anchors written after the snapshot began may name blocks it cannot see. now() is its beginning.
_MISSING: Final = """
SELECT a.tenant_id, a.number, NULL::bigint, NULL::bigint,
       CASE WHEN b.id IS NULL
            THEN 'was anchored at ' || a.at AT TIME ZONE 'UTC'
                 || ' UTC and is gone: the tail was cut, or a backup was restored'
            ELSE 'is not the block anchored at ' || a.at AT TIME ZONE 'UTC'
                 || ' UTC: history was rewritten, or a backup was restored' END
FROM unnest(%(tenants)s::bigint[], %(numbers)s::bigint[], %(hashes)s::text[], %(instants)s::timestamptz[])
     WITH ORDINALITY AS a (tenant_id, number, hash, at, line)
LEFT JOIN audit_blocks b ON b.tenant_id = a.tenant_id AND b.number = a.number
WHERE a.at <= now() AND (b.id IS NULL OR encode(b.block_sha256, 'hex') <> lower(a.hash))
ORDER BY a.line
"""


def anchor_flaws(snapshot: Snapshot, anchors: Iterable[Anchor]) -> Iterator[Flaw]:
    """Anchored heads that no block matches any more, in the order of anchors."""
    remaining = (anchor for anchor in anchors if snapshot.tenant_id in (None, anchor.tenant_id))
    while batch := list(islice(remaining, _BATCH)):
        rows = snapshot.rows(
            _MISSING,
            tenants=[anchor.tenant_id for anchor in batch],
            numbers=[anchor.block for anchor in batch],
            hashes=[anchor.block_sha256 for anchor in batch],
            instants=[datetime.fromisoformat(anchor.at) for anchor in batch],
        )
        yield from map(Flaw._make, rows)
