"""Issue and revoke API keys. The secret is shown once; only its SHA-256 is stored.

A key is `lsk_<prefix>_<secret>`; 256 random bits need no slow hash.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime

from ledgersafe.postgres.db import require_transaction
from ledgersafe.tenants.models import SCOPES, TENANT_SCOPES, ApiKey, Register, Store, Tenant
from ledgersafe.values.errors import DomainError, NotFound


class UnknownScope(DomainError):
    """A scope is not one of the contract's."""

    code = "UNKNOWN_SCOPE"


class ScopeNotForBoundKey(DomainError):
    """A key that is bound to a store or register cannot hold what is the whole tenant's."""

    code = "SCOPE_NOT_FOR_BOUND_KEY"


def issue(
    tenant: Tenant,
    *,
    scopes: Sequence[str],
    name: str = "",
    store: Store | None = None,
    register: Register | None = None,
    expires_at: datetime | None = None,
    predecessor: ApiKey | None = None,
) -> tuple[ApiKey, str]:
    """Create a key; operation. Return the row and the key itself, which cannot be read again.

    :param predecessor: the key it replaces; both are the same principal.
    :raises UnknownScope: a scope the contract does not know.
    :raises ScopeNotForBoundKey: a scope of the whole tenant for a key of one store or register.
    """
    require_transaction()
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise UnknownScope(f"Unknown scope {', '.join(unknown) or '(none)'}; choose from {', '.join(SCOPES)}.")
    refused = [scope for scope in TENANT_SCOPES if scope in scopes]
    if refused and (store is not None or register is not None):
        place = f"register {register.code}" if register is not None else f"store {store}"
        message = f"A key bound to {place} cannot hold {', '.join(refused)}: what that opens is the whole tenant's."
        raise ScopeNotForBoundKey(message, field="scopes")
    prefix, secret = secrets.token_hex(5), secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        tenant=tenant,
        name=name,
        prefix=prefix,
        secret_sha256=digest_of(secret),
        scopes=sorted(set(scopes)),
        store=store,
        register=register,
        expires_at=expires_at,
        predecessor=predecessor,
        origin_id=(predecessor.origin_id or predecessor.pk) if predecessor is not None else None,
    )
    return key, f"lsk_{prefix}_{secret}"


def revoke(tenant: Tenant, *, prefix: str, now: datetime) -> tuple[ApiKey, bool]:
    """Revoke a key; operation. Return the key, and False if it was revoked already.

    :raises ledgersafe.values.errors.NotFound: the tenant has no key of that prefix.
    """
    require_transaction()
    key = ApiKey.objects.select_for_update().filter(tenant=tenant, prefix=prefix).first()
    if key is None:
        raise NotFound(f"Tenant {tenant.slug} has no API key {prefix}.")
    if key.revoked_at is not None:
        return key, False
    key.revoked_at = now
    key.save(update_fields=["revoked_at"])
    return key, True


def digest_of(secret: str) -> bytes:
    """Hash the secret of a key: SHA-256, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()
