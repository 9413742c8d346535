"""The versions of one event, the first one first, each with what was decided on it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from pos.models import Disposition, EventKey, EventVersion, KeyStatus


@dataclass(frozen=True, slots=True)
class VersionState:
    """One payload of a key. A version with a `patched_body` was made by an operator and never arrived as it is."""

    number: int
    payload_hash: bytes
    raw_id: int
    disposition: Disposition
    in_books: bool
    patched_body: str | None = None

    @property
    def name(self) -> str:
        """As people speak of it: version 1, version 2, …"""
        return f"Version {self.number}"


def version_states(key: EventKey, rest: Sequence[EventVersion]) -> list[VersionState]:
    """Every version of a key.

    :param rest: the key's rows of `event_versions`, in the order they came; the first version is among them once
        somebody has decided on the key.
    """
    first = bytes(key.payload_hash_first)
    effective = bytes(key.effective_hash) if key.effective_hash and key.status == KeyStatus.PROCESSED else None
    decided = {bytes(row.payload_hash): Disposition(row.disposition) for row in rest}
    of_first = decided.get(first) or (Disposition.EFFECTIVE if effective == first else Disposition.HELD)
    states = [VersionState(1, first, key.first_raw_id, of_first, effective == first)]
    for row in rest:
        fingerprint = bytes(row.payload_hash)
        if fingerprint != first:
            states.append(
                VersionState(
                    number=len(states) + 1,
                    payload_hash=fingerprint,
                    raw_id=row.first_raw_id,
                    disposition=Disposition(row.disposition),
                    in_books=fingerprint == effective,
                    patched_body=row.patched_body,
                )
            )
    return states
