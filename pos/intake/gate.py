"""The gate: judge an arrival whose key exists already. Pure.

The table is the contract's, row by row. A new key needs no judgement: the database takes it or does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

import msgspec

from pos.models import Disposition, KeyStatus

#: Reason codes of a 200 for a version somebody has decided on, and which is not the effective one.
_DECIDED: Final = {
    Disposition.SUPERSEDED: "SUPERSEDED",
    Disposition.REJECTED: "REJECTED_BY_OPERATOR",
    Disposition.IGNORED: "IGNORED_BY_OPERATOR",
}


class GateOutcome(Enum):
    """The outcome of the gate. Only a conflict changes more than the key's counters."""

    DUPLICATE = "duplicate"
    STILL_HELD = "still held"
    CONFLICT = "conflict"


class KeyState(msgspec.Struct, frozen=True):
    """A locked key: its status, its versions, and the decision on each. Hashes are SHA-256 in hex."""

    key_id: int
    status: KeyStatus
    first_hash: str
    effective_hash: str | None
    journal_id: int | None
    open_case: str | None
    #: Disposition by fingerprint, of every version but the first (and of the first, once decided on).
    versions: Mapping[str, Disposition]


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome, and the reason code of its answer."""

    action: GateOutcome
    reason_code: str = ""


def judge(state: KeyState, payload_hash: str) -> Judgement:
    """Judge an arrival of this fingerprint by the state of its key."""
    if state.status == KeyStatus.PROCESSED and payload_hash == state.effective_hash:
        return Judgement(GateOutcome.DUPLICATE)
    disposition = state.versions.get(payload_hash)
    if disposition in _DECIDED:
        return Judgement(GateOutcome.DUPLICATE, _DECIDED[disposition])
    seen = disposition is not None or payload_hash == state.first_hash
    if seen and state.open_case is not None:
        return Judgement(GateOutcome.STILL_HELD, "ALREADY_QUARANTINED")
    return Judgement(GateOutcome.CONFLICT, "IDEMPOTENCY_CONFLICT")
