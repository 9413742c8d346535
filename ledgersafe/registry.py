"""Use cases on tenants and their keys, for commands and the back office."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.conf import settings
from django.db import transaction

from ledgersafe.audit import trail
from ledgersafe.db import tenant_transaction
from ledgersafe.errors import DomainError, InvalidParameter, NotFound
from ledgersafe.money import is_currency
from ledgersafe.tenants import keys
from ledgersafe.tenants.models import ApiKey, Store, Tenant

_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_LONGEST_LIFE: Final = timedelta(days=36_500)


class TenantExists(DomainError):
    """A tenant of this slug exists already."""

    code = "TENANT_EXISTS"
    http_status = 409


def _check_text(what: str, text: str, limit: int, *, empty: bool = False) -> None:
    if len(text) > limit or not text.isprintable() or (not empty and not text.strip()):
        raise InvalidParameter(f"{what} must have {'up to' if empty else '1 to'} {limit} printable characters.")


def get_tenant(slug: str) -> Tenant:
    """:raises ledgersafe.errors.NotFound: no tenant has this slug; the message names those that exist."""
    tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        known = ", ".join(Tenant.objects.order_by("slug").values_list("slug", flat=True)[:10]) or "none yet"
        raise NotFound(f"There is no tenant {slug!r} (known: {known}).")
    return tenant


def create_tenant(
    *, slug: str, name: str, currency: str, time_zone: str, strict_stores: bool = False, actor: str
) -> Tenant:
    """Create a tenant with the default business day.

    :raises ledgersafe.errors.InvalidParameter: slug, currency or time zone are not what they should be.
    :raises TenantExists: the slug is taken.
    """
    if not _SLUG.fullmatch(slug):
        raise InvalidParameter(f"{slug!r} is no slug: lower-case letters, digits, - and _, at most 64.")
    _check_text("The name", name, 200, empty=True)
    if not is_currency(currency):
        raise InvalidParameter(f"{currency!r} is not an ISO 4217 currency code, like USD.")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidParameter(f"{time_zone!r} is no IANA time zone, like Europe/Athens.") from None
    # A tenant is created outside any tenant: the one transaction that has no app.tenant_id until the row exists.
    with transaction.atomic(durable=True):
        tenant, created = Tenant.objects.get_or_create(
            slug=slug,
            defaults={
                "name": name or slug,
                "base_currency": currency,
                "time_zone": time_zone,
                "cut_off_hour": settings.CUT_OFF_HOUR,
                "cut_off_minute": settings.CUT_OFF_MINUTE,
                "strict_stores": strict_stores,
            },
        )
        if not created:
            raise TenantExists(f"Tenant {slug!r} exists already.")
        trail.record(
            tenant_id=tenant.id,
            actor=actor,
            action="tenants.tenant.created",
            object_type="tenant",
            object_id=slug,
            after={"name": tenant.name, "currency": currency, "time_zone": time_zone},
        )
    return tenant


def create_api_key(
    *,
    slug: str,
    scopes: Sequence[str],
    name: str = "",
    store_code: str | None = None,
    expires_in: timedelta | None = None,
    actor: str,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Issue a key. :returns: the row, and the key, shown this once.

    :raises ledgersafe.errors.NotFound: no such tenant. :raises ledgersafe.tenants.keys.UnknownScope: as it says.
    """
    tenant = get_tenant(slug)
    _check_text("The name", name, 200, empty=True)
    if store_code is not None:
        _check_text("The store", store_code, 64)
    if expires_in is not None and not timedelta(0) < expires_in <= _LONGEST_LIFE:
        raise InvalidParameter(f"A key lives for 1 to {_LONGEST_LIFE.days} days.")
    with tenant_transaction(tenant.id):
        # An empty store code never means all stores: it would widen what the key may do.
        store = Store.objects.get_or_create(tenant=tenant, code=store_code)[0] if store_code is not None else None
        expires_at = now + expires_in if expires_in is not None else None
        row, key = keys.issue(tenant, scopes=scopes, name=name, store=store, expires_at=expires_at)
        trail.record(
            tenant_id=tenant.id,
            actor=actor,
            action="tenants.api_key.created",
            object_type="api_key",
            object_id=row.prefix,
            after={"scopes": row.scopes, "store": store_code, "name": name},
        )
    return row, key


def revoke_api_key(*, slug: str, prefix: str, actor: str, now: datetime) -> ApiKey:
    """Make a key worthless from now on. :raises ledgersafe.errors.NotFound: no such tenant or key."""
    tenant = get_tenant(slug)
    with tenant_transaction(tenant.id):
        key, changed = keys.revoke(tenant, prefix=prefix, now=now)
        if changed:
            trail.record(
                tenant_id=tenant.id,
                actor=actor,
                action="tenants.api_key.revoked",
                object_type="api_key",
                object_id=prefix,
            )
    return key
