"""Writing, sealing and anchoring the audit trail of a test's shop."""

from ledgersafe.audit import trail
from ledgersafe.audit.anchors import anchor_head
from ledgersafe.audit.sealing import SealedBlock, seal_trail
from ledgersafe.postgres.db import tenant_transaction
from tests.conftest import Shop


def note(shop: Shop, *texts: str) -> list[int]:
    """Record one entry per text, in one transaction. :returns: their ids."""
    with tenant_transaction(shop.tenant.id):
        return [
            trail.record(
                tenant_id=shop.tenant.id,
                actor="user:auditor",
                action="tests.thing.noted",
                object_type="thing",
                object_id=text,
                after={"text": text, "amount": "1.00"},
                notes=text,
            ).id
            for text in texts
        ]


def seal(shop: Shop, *, everything: bool = False) -> SealedBlock:
    """Close a block, of which there must be something."""
    block = seal_trail(tenant_id=shop.tenant.id, everything=everything)
    assert block is not None
    return block


def three_blocks(shop: Shop) -> list[int]:
    """A trail of three anchored blocks. :returns: the three entries of the middle one."""
    seal(shop)  # what the shop was opened with
    anchor_head(shop.tenant)
    middle = note(shop, "one", "two", "three")
    seal(shop)
    anchor_head(shop.tenant)
    note(shop, "last")
    seal(shop)
    anchor_head(shop.tenant)
    return middle
