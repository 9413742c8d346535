"""Seal the trail: committed entries that are in no block yet go into the next block."""

from dataclasses import dataclass

from ledgersafe.postgres.db import call, retry_serialization, tenant_transaction


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """A new block. `sha256`, in hexadecimal, covers the whole trail up to it."""

    number: int
    entries: int
    sha256: str


def seal_trail(*, tenant_id: int, everything: bool = False) -> SealedBlock | None:
    """Use case: close one block. Writers do not wait for it; a second sealer waits for the first.

    Takes no `now`: the database takes a block's instant, under the tenant's sealing lock. Safe to run
    at any time and any number of times.

    :param everything: look for unsealed entries in the whole trail, not only among those dated at most an hour
        before the last block. Once a day is enough to find what was committed later than that.
    :returns: the block, or None when every committed entry is sealed.
    """

    def seal() -> SealedBlock | None:
        with tenant_transaction(tenant_id):
            block = call("audit_seal_v1", tenant_id, everything)
        return SealedBlock(**block) if block else None

    return retry_serialization(seal)
