"""The time zones of stores: business days end at the tenant's cut-off time by the store's own clock."""

from collections.abc import Collection

from django.db.models.functions import Now

from ledgersafe.postgres.db import require_transaction
from ledgersafe.tenants.models import Store, Tenant


def own_zones(tenant: Tenant) -> dict[str, str]:
    """Return the time zones of stores that differ from the tenant's, by store code. One statement."""
    rows = Store.objects.filter(tenant=tenant).exclude(time_zone__in=("", tenant.time_zone))
    return dict(rows.values_list("code", "time_zone"))


def zones_of(tenant_ids: Collection[int]) -> dict[int, set[str]]:
    """Return the time zones of several tenants' stores, without blank ones. One statement."""
    zones: dict[int, set[str]] = {}
    rows = Store.objects.filter(tenant_id__in=tenant_ids).exclude(time_zone="")
    for tenant_id, zone in rows.values_list("tenant_id", "time_zone").distinct():
        zones.setdefault(tenant_id, set()).add(zone)
    return zones


def use_zones(tenant_id: int, codes: Collection[str]) -> dict[str, Store]:
    """Return the existing ones of these stores by code, and fix their time zones; operation.

    One statement, except at a store's first event. Its UPDATE closes the race with a change of the time zone: the
    second of the two sees the first one's change, or fails with 40001 if its snapshot is older.
    """
    require_transaction()
    rows = Store.objects.filter(tenant_id=tenant_id, code__in=codes).order_by("id")
    stores = list(rows)
    if unfixed := [store.pk for store in stores if store.time_zone_fixed_at is None]:
        Store.objects.filter(pk__in=unfixed, time_zone_fixed_at=None).update(time_zone_fixed_at=Now())
        stores = list(rows.all())
    return {store.code: store for store in stores}


def use_zone(store: Store) -> Store:
    """Fix the time zone of a store that was read already; operation. A statement only the first time."""
    return store if store.time_zone_fixed_at else use_zones(store.tenant_id, [store.code])[store.code]
