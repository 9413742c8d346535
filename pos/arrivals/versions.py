"""Number the versions of one event, each with the decision on it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from pos.models import Disposition, EventKey, EventVersion, KeyStatus


@dataclass(frozen=True, slots=True)
class VersionState:
    """A payload of a key; one with a `patched_body` was made by an operator and never arrived as it is."""

    number: int
    payload_hash: bytes
    raw_id: int
    disposition: Disposition
    in_books: bool
    patched_body: str | None = None

    @property
    def name(self) -> str:
        """The version's name for people: Version 1, Version 2, …"""
        return f"Version {self.number}"


def version_states(key: EventKey, rest: Sequence[EventVersion]) -> list[VersionState]:
    """List every version of a key, in the order they came.

    :param rest: the key's rows of `event_versions`, in that order; the first version is among them once somebody has
        decided on the key.
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
