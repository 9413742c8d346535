"""Read settlements: a list, newest first, and one settlement."""

from typing import Any

from django.db.models import QuerySet

from ledger.models import FxSettlement
from ledgersafe.values import cursors
from ledgersafe.values.errors import NotFound


def list_settlements(tenant_id: int, cursor: list[Any] | None) -> QuerySet[FxSettlement]:
    """List settlements, newest first, after the cursor."""
    rows = FxSettlement.objects.filter(tenant_id=tenant_id).select_related("from_account", "to_account", "rate")
    if cursor is not None:
        rows = rows.filter(id__lt=cursors.position(cursor, cursors.number)[0])
    return rows.order_by("-id")


def get_settlement(tenant_id: int, text: str) -> FxSettlement:
    """Return one settlement. :raises NotFound: it does not exist, or belongs to another tenant: the same answer."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
    settlement = list_settlements(tenant_id, None).filter(id=number).first()
    if settlement is None:
        raise NotFound("There is no such settlement.")
    return settlement
