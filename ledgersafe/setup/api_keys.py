"""Create, rotate and revoke API keys. A key is returned once and not stored."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from ledgersafe.audit import trail
from ledgersafe.postgres.db import tenant_transaction
from ledgersafe.setup import checks
from ledgersafe.setup.places import find_or_add_register, find_or_add_store
from ledgersafe.setup.tenants import get_tenant
from ledgersafe.tenants import keys
from ledgersafe.tenants.models import ApiKey, Register, Store, Tenant
from ledgersafe.values.errors import DomainError, InvalidParameter, NotFound

#: How long a rotated key keeps working: enough time to install its successor on the device.
DEFAULT_GRACE: Final = timedelta(hours=24)
LONGEST_GRACE: Final = timedelta(days=30)
LONGEST_LIFE: Final = timedelta(days=36_500)


class KeyNotLive(DomainError):
    """The key is revoked or expired. Create a new one."""

    code = "KEY_NOT_LIVE"
    http_status = 409


class AlreadyRotated(DomainError):
    """The key was already rotated: rotate its successor."""

    code = "ALREADY_ROTATED"
    http_status = 409


def create_api_key(
    *,
    slug: str,
    scopes: Sequence[str],
    name: str = "",
    store_code: str | None = None,
    register_code: str | None = None,
    expires_in: timedelta | None = None,
    actor: str,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Create a key. Return the row and the key, which is shown this once.

    :raises ledgersafe.values.errors.NotFound: no such tenant.
    :raises ledgersafe.tenants.keys.UnknownScope: a scope the contract does not know.
    :raises ledgersafe.values.errors.InvalidParameter: name, store, register or lifetime is not valid.
    """
    tenant = get_tenant(slug)
    checks.check_name(name)
    _check_place(store_code, register_code)
    if expires_in is not None and not timedelta(0) < expires_in <= LONGEST_LIFE:
        raise InvalidParameter(f"A key must expire in 1 to {LONGEST_LIFE.days} days.", field="expires_in_days")
    with tenant_transaction(tenant.id):
        store, register = _place(tenant, store_code, register_code, actor)
        expires_at = now + expires_in if expires_in is not None else None
        row, key = keys.issue(tenant, scopes=scopes, name=name, store=store, register=register, expires_at=expires_at)
        _record(tenant, actor, "tenants.api_key.created", row, after=_described(row))
    return row, key


def rotate_api_key(
    *, slug: str, prefix: str, grace: timedelta = DEFAULT_GRACE, actor: str, now: datetime
) -> tuple[ApiKey, str]:
    """Replace a key by one with the same scopes, place and lifetime; the old one works for the grace period.

    Both keys are the same principal: a command repeated with the other key is a repeat.

    :param grace: zero revokes the old key immediately; an earlier expiry of the old key stays.
    :returns: the successor's row, and the key, shown this once.
    :raises ledgersafe.values.errors.NotFound: no such tenant or key.
    :raises ledgersafe.values.errors.InvalidParameter: the grace period is too long.
    :raises KeyNotLive: it is revoked or expired. :raises AlreadyRotated: it has a successor.
    """
    if not timedelta(0) <= grace <= LONGEST_GRACE:
        hours = int(LONGEST_GRACE.total_seconds() // 3600)
        raise InvalidParameter(f"The grace period must be 0 to {hours} hours.", field="grace_hours")
    tenant = get_tenant(slug)
    with tenant_transaction(tenant.id):
        # The lock closes the race of two people who rotate at once: a key has one successor.
        old = _locked_live(tenant, prefix, now)
        row, key = keys.issue(
            tenant,
            scopes=old.scopes,
            name=old.name,
            store=old.store,
            register=old.register,
            expires_at=now + (old.expires_at - old.created_at) if old.expires_at else None,
            predecessor=old,
        )
        before = {"expires_at": _moment(old.expires_at), "revoked_at": None}
        _retire(old, grace, now)
        after = {"expires_at": _moment(old.expires_at), "revoked_at": _moment(old.revoked_at), "successor": row.prefix}
        _record(tenant, actor, "tenants.api_key.created", row, after=_described(row) | {"predecessor": prefix})
        _record(tenant, actor, "tenants.api_key.rotated", old, before=before, after=after)
    return row, key


def revoke_api_key(*, slug: str, prefix: str, actor: str, now: datetime) -> ApiKey:
    """Revoke a key immediately.

    :raises ledgersafe.values.errors.NotFound: no such tenant or key.
    """
    tenant = get_tenant(slug)
    with tenant_transaction(tenant.id):
        key, changed = keys.revoke(tenant, prefix=prefix, now=now)
        if changed:
            after = {"revoked_at": _moment(key.revoked_at)}
            _record(tenant, actor, "tenants.api_key.revoked", key, before={"revoked_at": None}, after=after)
    return key


def _check_place(store_code: str | None, register_code: str | None) -> None:
    # An empty code never means everywhere: it would widen what the key may do.
    if store_code is not None:
        checks.check_code("The store", store_code, field="store")
    if register_code is not None:
        checks.check_code("The register", register_code, field="register")
        if store_code is None:
            raise InvalidParameter("A key for a register also needs its store.", field="store")


def _place(
    tenant: Tenant, store_code: str | None, register_code: str | None, actor: str
) -> tuple[Store | None, Register | None]:
    store = find_or_add_store(tenant, store_code, actor) if store_code is not None else None
    if store is None or register_code is None:
        return store, None
    return store, find_or_add_register(tenant, store, register_code, actor)


def _locked_live(tenant: Tenant, prefix: str, now: datetime) -> ApiKey:
    rows = ApiKey.objects.select_for_update(of=("self",), no_key=True).select_related("store", "register")
    key = rows.filter(tenant=tenant, prefix=prefix).first()
    if key is None:
        raise NotFound(f"Tenant {tenant.slug} has no API key {prefix}.")
    # Checked before liveness: a key rotated without grace is both, and the person needs its successor.
    successor = ApiKey.objects.filter(predecessor=key).first()
    if successor is not None:
        raise AlreadyRotated(f"Key {prefix} was already rotated: its successor is {successor.prefix}.")
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        raise KeyNotLive
    return key


def _retire(old: ApiKey, grace: timedelta, now: datetime) -> None:
    if not grace:
        old.revoked_at = now
    else:
        old.expires_at = min(old.expires_at or now + grace, now + grace)
    old.save(update_fields=["revoked_at", "expires_at"])


def _described(key: ApiKey) -> dict[str, Any]:
    return {
        "scopes": key.scopes,
        "name": key.name,
        "store": key.store.code if key.store else None,
        "register": key.register.code if key.register else None,
        "expires_at": _moment(key.expires_at),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _record(
    tenant: Tenant,
    actor: str,
    action: str,
    key: ApiKey,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    trail.record(
        tenant_id=tenant.id,
        actor=actor,
        action=action,
        object_type="api_key",
        object_id=key.prefix,
        before=before,
        after=after,
    )
