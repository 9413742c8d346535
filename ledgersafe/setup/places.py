"""Create and rename stores and registers. A new till's first event creates its own unless the tenant is strict."""

from django.db.models import F

from ledgersafe.audit import trail
from ledgersafe.postgres.db import require_transaction, tenant_transaction
from ledgersafe.setup import checks
from ledgersafe.setup.store_zones import check_store_zone, refused_zones
from ledgersafe.setup.tenants import get_tenant
from ledgersafe.tenants.models import Register, Store, Tenant
from ledgersafe.values.errors import DomainError, NotFound


class StoreExists(DomainError):
    """The tenant already has a store with this code."""

    code = "STORE_EXISTS"
    http_status = 409


class RegisterExists(DomainError):
    """The store already has a register with this code."""

    code = "REGISTER_EXISTS"
    http_status = 409


def get_store(slug: str, code: str) -> Store:
    """Return a store by its code.

    :raises ledgersafe.values.errors.NotFound: no such tenant or store.
    """
    store = Store.objects.filter(tenant=get_tenant(slug), code=code).first()
    if store is None:
        raise NotFound(f"Tenant {slug} has no store {code!r}.", field="store")
    return store


def create_store(*, slug: str, code: str, name: str = "", time_zone: str = "", actor: str) -> Store:
    """Create a store.

    :param time_zone: IANA name of the clock by which its business days end; blank: the tenant's.
    :raises ledgersafe.values.errors.NotFound: no such tenant.
    :raises ledgersafe.values.errors.InvalidParameter: code, name or time zone is not valid.
    :raises StoreExists: the code is taken.
    """
    checks.check_code("The store", code)
    checks.check_name(name)
    check_store_zone(time_zone)
    tenant = get_tenant(slug)
    with refused_zones(), tenant_transaction(tenant.id):
        # First, since it locks the tenant's row: of two people who create the same store, the second sees the first's.
        _note_new_place(tenant)
        if Store.objects.filter(tenant=tenant, code=code).exists():
            raise StoreExists(f"Tenant {slug} already has a store {code!r}.", field="code")
        store = _add_store(tenant, code, {"name": name} | ({"time_zone": time_zone} if time_zone else {}), actor)
        if store.time_zone != time_zone:  # its first event came meanwhile, and was dated by the tenant's clock
            raise StoreExists(f"Tenant {slug} already has a store {code!r}.", field="code")
        return store


def rename_store(*, slug: str, code: str, name: str, actor: str) -> Store:
    """Rename a store; its code stays, because tills send it.

    :raises ledgersafe.values.errors.NotFound: no such tenant or store.
    :raises ledgersafe.values.errors.InvalidParameter: the name is not valid.
    """
    checks.check_name(name)
    tenant = get_tenant(slug)
    with tenant_transaction(tenant.id):
        store = _locked_store(tenant, code)
        if store.name != name:
            before, store.name = store.name, name
            store.save(update_fields=["name"])
            _record(tenant, actor, "tenants.store.renamed", "store", code, {"name": before}, {"name": name})
    return store


def create_register(*, slug: str, store_code: str, code: str, name: str = "", actor: str) -> Register:
    """Create a register in a store.

    :raises ledgersafe.values.errors.NotFound: no such tenant or store.
    :raises ledgersafe.values.errors.InvalidParameter: code or name is not valid.
    :raises RegisterExists: the store has this code already.
    """
    checks.check_code("The register", code)
    checks.check_name(name)
    tenant = get_tenant(slug)
    with tenant_transaction(tenant.id):
        _note_new_place(tenant)
        store = _locked_store(tenant, store_code)
        if Register.objects.filter(tenant=tenant, store=store, code=code).exists():
            raise RegisterExists(f"Store {store_code} already has a register {code!r}.", field="code")
        return _add_register(tenant, store, code, name, actor)


def rename_register(*, slug: str, store_code: str, code: str, name: str, actor: str) -> Register:
    """Rename a register; its code stays.

    :raises ledgersafe.values.errors.NotFound: no such tenant, store or register.
    :raises ledgersafe.values.errors.InvalidParameter: the name.
    """
    checks.check_name(name)
    tenant = get_tenant(slug)
    with tenant_transaction(tenant.id):
        rows = Register.objects.select_for_update(of=("self",), no_key=True).select_related("store")
        register = rows.filter(tenant=tenant, store__code=store_code, code=code).first()
        if register is None:
            raise NotFound(f"Tenant {slug} has no register {store_code}/{code}.")
        if register.name != name:
            before, register.name = register.name, name
            register.save(update_fields=["name"])
            place = f"{store_code}/{code}"
            _record(tenant, actor, "tenants.register.renamed", "register", place, {"name": before}, {"name": name})
    return register


def find_or_add_store(tenant: Tenant, code: str, actor: str) -> Store:
    """Return the store of this code; create it if it is new; operation."""
    require_transaction()
    store = Store.objects.filter(tenant=tenant, code=code).first()
    if store is not None:
        return store
    _note_new_place(tenant)
    # Read again: another transaction may have added it while this one waited for the tenant's row.
    return Store.objects.filter(tenant=tenant, code=code).first() or _add_store(tenant, code, {"name": ""}, actor)


def find_or_add_register(tenant: Tenant, store: Store, code: str, actor: str) -> Register:
    """Return the register of this code in this store; create it if it is new; operation."""
    require_transaction()
    rows = Register.objects.filter(tenant=tenant, store=store, code=code)
    register = rows.first()
    if register is not None:
        return register
    _note_new_place(tenant)
    return rows.first() or _add_register(tenant, store, code, "", actor)


def _note_new_place(tenant: Tenant) -> None:
    """Increment the tenant's version, so that processes read its stores again. Locks the tenant's row."""
    Tenant.objects.filter(pk=tenant.pk).update(version=F("version") + 1)


def _locked_store(tenant: Tenant, code: str) -> Store:
    store = Store.objects.select_for_update(no_key=True).filter(tenant=tenant, code=code).first()
    if store is None:
        raise NotFound(f"Tenant {tenant.slug} has no store {code!r}.", field="store")
    return store


def _add_store(tenant: Tenant, code: str, facts: dict[str, str], actor: str) -> Store:
    # A till's first event may add the same store right now, without locking the tenant's row.
    store, created = Store.objects.get_or_create(tenant=tenant, code=code, defaults=facts)
    if created:
        _record(tenant, actor, "tenants.store.created", "store", code, None, facts)
    return store


def _add_register(tenant: Tenant, store: Store, code: str, name: str, actor: str) -> Register:
    register, created = Register.objects.get_or_create(tenant=tenant, store=store, code=code, defaults={"name": name})
    if created:
        _record(tenant, actor, "tenants.register.created", "register", f"{store.code}/{code}", None, {"name": name})
    return register


def _record(
    tenant: Tenant,
    actor: str,
    action: str,
    object_type: str,
    object_id: str,
    before: dict[str, str] | None,
    after: dict[str, str] | None,
) -> None:
    trail.record(
        tenant_id=tenant.id,
        actor=actor,
        action=action,
        object_type=object_type,
        object_id=object_id,
        before=before,
        after=after,
    )
