"""Read the state of a chain, for the pages of the trail."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ledgersafe.audit.models import AuditBlock, AuditEntry, AuditSeal

#: The longest time from an entry's date to its commit, as `audit_seal_v1` assumes it.
LONGEST_TRANSACTION: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class ChainState:
    """How far a tenant's trail is sealed. Number 0 without instant and hash: not at all."""

    head_number: int
    sealed_entries: int
    unsealed_entries: int
    sealed_at: datetime | None
    #: Hexadecimal.
    head_sha256: str


def get_head(tenant_id: int) -> AuditBlock | None:
    """The tenant's last block."""
    return AuditBlock.objects.filter(tenant_id=tenant_id).order_by("-number").first()


def chain_state(tenant_id: int) -> ChainState:
    """Read how far a trail is sealed: two short statements, whatever its length."""
    head = get_head(tenant_id)
    unsealed = AuditEntry.objects.filter(tenant_id=tenant_id, seal__isnull=True)
    if head is None:
        return ChainState(0, 0, unsealed.count(), None, "")
    recent = unsealed.filter(at__gte=head.sealed_at - LONGEST_TRANSACTION)
    return ChainState(
        head_number=head.number,
        sealed_entries=head.chain_length,
        unsealed_entries=recent.count(),
        sealed_at=head.sealed_at,
        head_sha256=bytes(head.block_sha256).hex(),
    )


def sealed_block_of(entry_ids: Iterable[int]) -> dict[int, int]:
    """Block numbers by entry id; unsealed entries are left out."""
    seals = AuditSeal.objects.filter(entry_id__in=list(entry_ids))
    return dict(seals.values_list("entry_id", "block__number"))
