"""Reading settlements: a list, newest first, and one."""

from typing import Any

from django.db.models import QuerySet

from ledger.models import FxSettlement
from ledgersafe.values import cursors
from ledgersafe.values.errors import NotFound


def list_settlements(tenant_id: int, cursor: list[Any] | None) -> QuerySet[FxSettlement]:
    """Newest first, from a cursor on."""
    rows = FxSettlement.objects.filter(tenant_id=tenant_id).select_related("from_account", "to_account", "rate")
    if cursor is not None:
        rows = rows.filter(id__lt=cursors.position(cursor, cursors.number)[0])
    return rows.order_by("-id")


def get_settlement(tenant_id: int, text: str) -> FxSettlement:
    """One of the tenant's. :raises NotFound: absent, or another tenant's: the answer is the same."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0
    found = list_settlements(tenant_id, None).filter(id=number).first()
    if found is None:
        raise NotFound("There is no such settlement.")
    return found
