"""What tests find when they open the back office: held events of a shop, as its tills caused them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from exceptions.models import ExceptionCase
from ledgersafe.tenants.models import Tenant
from tests.conftest import Shop


def sale(shop: Shop, event_id: str, **changes: Any) -> dict[str, Any]:
    """A sale of 42.50 USD a few minutes ago."""
    return shop.sale(event_id, occurred_at=(timezone.now() - timedelta(minutes=5)).isoformat(), **changes)


def version_of(event: dict[str, Any], total: float = 41.0) -> dict[str, Any]:
    """The same event with another total, all in cash."""
    return event | {
        "total_amount": total,
        "line_items": [{"sku": "A", "qty": 1, "amount": total - 4}],
        "tenders": [{"method": "CASH", "amount": total}],
    }


def conflict(shop: Shop, event_id: str, **changes: Any) -> str:
    """A posted sale and a contradicting version of it. :returns: the id of the open case."""
    first = sale(shop, event_id, **changes)
    assert shop.send(first).status_code == 201
    answer = shop.send(version_of(first)).json()
    assert answer["reason_code"] == "IDEMPOTENCY_CONFLICT"
    return str(answer["exception_id"])


def mismatch(shop: Shop, event_id: str) -> str:
    """A sale whose lines do not add up to its total. :returns: the id of the open case."""
    answer = shop.send(sale(shop, event_id, total_amount=43)).json()
    assert answer["reason_code"] == "TOTALS_MISMATCH"
    return str(answer["exception_id"])


def unknown(shop: Shop, event_id: str, kind: str = "MAGIC_EVENT") -> str:
    """An event of a type nobody knows. :returns: the id of the open case."""
    answer = shop.send(sale(shop, event_id, event_type=kind)).json()
    assert answer["reason_code"] == "UNKNOWN_EVENT_TYPE"
    return str(answer["exception_id"])


def review_of(case_id: str) -> str:
    """The path of a case's review page."""
    return f"/admin/exceptions/exceptioncase/{case_id}/review/"


def change_tenant(shop: Shop, **changes: Any) -> None:
    """Change settings of the shop's tenant as its administrator would, for every process."""
    tenant = Tenant.objects.get(pk=shop.tenant.id)
    for name, value in changes.items():
        setattr(tenant, name, value)
    tenant.version += 1
    tenant.save()


def decided(shop: Shop) -> list[tuple[str, str]]:
    """(actor, action) of every decision taken on cases of the shop."""
    rows = ExceptionCase.objects.filter(tenant_id=shop.tenant.id, status="resolved").order_by("resolved_at")
    return list(rows.values_list("resolution_actor", "resolution_action"))
