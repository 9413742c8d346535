"""Cards of stores and registers."""

from typing import Any

from django.db.models import Count

from ledgersafe.backoffice.pages import Button, Card, Cell
from ledgersafe.setup.pages.formatting import SHOWN, link, more_note
from ledgersafe.tenants.models import Register, Store, Tenant


def zone_fact(store: Store) -> tuple[str, Any]:
    """Show a store's time zone, and since when it is fixed."""
    settled = f"fixed since {store.time_zone_fixed_at:%-d %B %Y}" if store.time_zone_fixed_at else "until it posts"
    return "Time zone", Cell(store.time_zone or f"{store.tenant.time_zone} (the tenant's)", small=settled)


def stores_card(tenant: Tenant, add: Button | None) -> Card:
    """List a tenant's stores with their numbers of registers."""
    stores = Store.objects.filter(tenant=tenant).order_by("code")
    total = stores.count()
    rows = [
        (
            Cell(store.code, url=link("store", "change", store.pk), mono=True),
            Cell(store.name or "–", small=store.time_zone),
            Cell(store.register_count, url=link("register", "changelist", store__id__exact=store.pk)),
        )
        for store in stores.annotate(register_count=Count("registers"))[:SHOWN]
    ]
    return Card(
        f"Stores ({total})",
        headers=("Code", "Name", "Registers"),
        rows=rows,
        button=add,
        note=more_note(total, "store"),
        empty="No store yet. Create one, or it is added with its first event."
        if not tenant.strict_stores
        else "No store yet. This tenant is strict about stores: until you create them, all events are held.",
    )


def registers_card(tenant: Tenant, add: Button | None, store: Store | None = None) -> Card:
    """List a tenant's registers, or one store's."""
    registers = Register.objects.filter(tenant=tenant).select_related("store").order_by("store__code", "code")
    if store is not None:
        registers = registers.filter(store=store)
    total = registers.count()
    rows = [
        (
            Cell(register.code, url=link("register", "change", register.pk), mono=True),
            Cell(register.store.code, url=link("store", "change", register.store_id), mono=True),
            register.name or "–",
        )
        for register in registers[:SHOWN]
    ]
    return Card(
        f"Registers ({total})",
        headers=("Code", "Store", "Name"),
        rows=rows,
        button=add,
        note=more_note(total, "register"),
        empty="No register yet. Create one, or it is added with its first event.",
    )
