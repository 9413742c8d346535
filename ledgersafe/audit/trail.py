"""Write the audit trail: one call by the operation that changes state, in its transaction."""

from collections.abc import Mapping
from typing import Any

from ledgersafe.audit.models import AuditEntry
from ledgersafe.postgres.db import require_transaction
from ledgersafe.telemetry.request_id import current_request_id
from ledgersafe.tenants.models import Tenant


def record(
    *,
    tenant_id: int,
    actor: str,
    action: str,
    object_type: str,
    object_id: object,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    notes: str = "",
) -> AuditEntry:
    """Append one entry.

    :param actor: who, as authenticated: `key:<prefix>`, `user:<name>` or `system:<command>`.
    :param action: what, as `app.noun.verbed`.
    :raises ledgersafe.postgres.db.TransactionRequired: called outside a use case's transaction.
    """
    require_transaction()
    return AuditEntry.objects.create(
        tenant_id=tenant_id,
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        before=before,
        after=after,
        notes=notes,
        request_id=current_request_id(),
    )


def record_everywhere(
    *,
    actor: str,
    action: str,
    object_type: str,
    object_id: object,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> int:
    """Append an entry to every tenant's trail, for a change that concerns all. :returns: the number of entries."""
    require_transaction()
    fields: dict[str, Any] = {
        "actor": actor,
        "action": action,
        "object_type": object_type,
        "object_id": str(object_id)[:200],
    }
    fields |= {"before": before, "after": after, "request_id": current_request_id()}
    tenants = Tenant.objects.order_by("id").values_list("id", flat=True)
    return len(
        AuditEntry.objects.bulk_create(
            (AuditEntry(tenant_id=tenant_id, **fields) for tenant_id in tenants), batch_size=500
        )
    )
