"""Invariants of the audit trail: the chain recomputes, and still ends where it was anchored."""

from collections.abc import Iterator
from typing import Final

from ledgersafe.audit.anchors import Anchor, anchor_file, anchor_flaws, read_anchors
from ledgersafe.audit.chain import Flaw, flaws
from ledgersafe.postgres.invariants import Invariant, Snapshot, Violation


def _violation(flaw: Flaw) -> Violation:
    """The violation of a flaw: a block is named by its number, an entry by its id."""
    if flaw.entry_id is None:
        return Violation(flaw.tenant_id, "audit_blocks", str(flaw.block), flaw.message)
    where = f" (block {flaw.block}, position {flaw.position})" if flaw.block else ""
    return Violation(flaw.tenant_id, "audit_log", str(flaw.entry_id), f"{flaw.message}{where}")


def _chain_recomputes(snapshot: Snapshot) -> Iterator[Violation]:
    yield from map(_violation, flaws(snapshot))


def _head_is_there(snapshot: Snapshot) -> Iterator[Violation]:
    try:
        anchors = (line for line in read_anchors(anchor_file()) if isinstance(line, Anchor))
        yield from map(_violation, anchor_flaws(snapshot, anchors))
    except OSError as error:
        yield Violation(None, "audit_blocks", "-", f"the anchors cannot be read: {error}")


INVARIANTS: Final = (
    Invariant(
        "I29",
        "The audit chain is dense, linked and recomputes, whatever the session's time zone.",
        _chain_recomputes,
    ),
    Invariant("I30", "The anchored audit head is still there: no tail was cut, no backup restored.", _head_is_there),
)
