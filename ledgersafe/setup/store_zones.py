"""Set the time zone of a store: its business days end by this clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import IntegrityError

from ledgersafe.audit import trail
from ledgersafe.postgres.db import cause_of, tenant_transaction
from ledgersafe.setup import checks
from ledgersafe.setup.tenants import get_tenant
from ledgersafe.tenants.models import Store, Tenant
from ledgersafe.values.errors import DomainError, InvalidParameter, NotFound

#: The guard in `ledgersafe/tenants/sql/tenants_stores_guard_v1.sql`.
_FIXED: Final = "stores_time_zone_fixed"
_KNOWN: Final = "stores_time_zone_known"


class StoreZoneFixed(DomainError):
    """The time zone of a store with business days is fixed."""

    code = "STORE_TIME_ZONE_FIXED"
    http_status = 409


def set_store_zone(*, slug: str, code: str, time_zone: str, actor: str) -> Store:
    """Set a store's own time zone, or the tenant's (blank), unless an event was already dated by it.

    :raises ledgersafe.values.errors.NotFound: no such tenant or store.
    :raises ledgersafe.values.errors.InvalidParameter: no time zone. :raises StoreZoneFixed: it has business days.
    """
    check_store_zone(time_zone)
    tenant = get_tenant(slug)
    with refused_zones(), tenant_transaction(tenant.id):
        # The tenant's row first, in the order in which places are added: the trigger increments its version.
        Tenant.objects.select_for_update(no_key=True).get(pk=tenant.id)
        store = Store.objects.select_for_update(no_key=True).filter(tenant=tenant, code=code).first()
        if store is None:
            raise NotFound(f"Tenant {slug} has no store {code!r}.", field="store")
        if store.time_zone != time_zone:
            before, store.time_zone = store.time_zone, time_zone
            store.save(update_fields=["time_zone"])
            trail.record(
                tenant_id=tenant.id,
                actor=actor,
                action="tenants.store.changed",
                object_type="store",
                object_id=code,
                before={"time_zone": before},
                after={"time_zone": time_zone},
            )
    return store


def check_store_zone(time_zone: str) -> None:
    """Check a store's time zone; blank means the tenant's.

    :raises ledgersafe.values.errors.InvalidParameter: it is none.
    """
    if time_zone:
        checks.check_time_zone(time_zone)


@contextmanager
def refused_zones() -> Iterator[None]:
    """Turn Postgres' refusal of a time zone into a domain error."""
    try:
        yield
    except IntegrityError as error:
        constraint = getattr(getattr(cause_of(error), "diag", None), "constraint_name", None)
        if constraint == _FIXED:
            raise StoreZoneFixed(field="time_zone") from error
        if constraint == _KNOWN:  # its list of time zones is older than ours
            raise InvalidParameter("The database does not know this time zone.", field="time_zone") from error
        raise
