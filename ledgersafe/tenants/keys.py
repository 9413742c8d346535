"""API keys: issue, authenticate, revoke. The secret is shown once; its SHA-256 is what is kept.

A key is `lsk_<prefix>_<secret>`; 256 random bits need no slow hash. What a key may do is remembered for
`DIRECTORY_TTL_SECONDS`; the posting statement checks revocation and expiry again, so ingest never trusts memory.
"""

import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from ledgersafe.postgres.db import require_transaction
from ledgersafe.tenants import lineage
from ledgersafe.tenants.lineage import KeyName
from ledgersafe.tenants.models import SCOPES, TENANT_SCOPES, ApiKey, Register, Store, Tenant
from ledgersafe.values.errors import DomainError, NotFound

_LAST_USED_EVERY: Final = timedelta(minutes=1)
_REMEMBERED_KEYS: Final = 10_000


class UnknownScope(DomainError):
    """A scope is not one of the contract's."""

    code = "UNKNOWN_SCOPE"


class ScopeNotForBoundKey(DomainError):
    """A key that is bound to a store or register cannot hold what is the whole tenant's."""

    code = "SCOPE_NOT_FOR_BOUND_KEY"


class CredentialRevoked(DomainError):
    """The API key was revoked or has expired."""

    code = "NOT_AUTHENTICATED"
    http_status = 401


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, for one tenant: an API key, or a person of the back office (`staff.StaffPrincipal`)."""

    tenant_id: int
    tenant_slug: str
    scopes: frozenset[str]
    store_code: str | None
    register_code: str | None

    #: DRF asks its user objects for this.
    is_authenticated = True

    @property
    def is_bound(self) -> bool:
        """Whether it is bound to one store or register, and reaches nothing of any other."""
        return self.store_code is not None or self.register_code is not None

    @property
    def place(self) -> str:
        """Where it is bound to, in words; empty for the whole tenant."""
        if self.register_code is not None:
            return f"register {self.register_code} of store {self.store_code}"
        return f"store {self.store_code}" if self.store_code is not None else ""

    def holds(self, scope: str) -> bool:
        """Whether it may use a scope. `admin` includes all; a bound caller has none of the whole tenant's, ever."""
        if self.is_bound:
            return scope in self.scopes and scope not in TENANT_SCOPES
        return scope in self.scopes or "admin" in self.scopes

    @property
    def actor(self) -> str:
        """As the audit trail names it."""
        raise NotImplementedError

    @property
    def identity(self) -> str:
        """The same for ever, and nobody else's: a key that replaces another has the identity of that one."""
        raise NotImplementedError

    @property
    def identities(self) -> tuple[str, ...]:
        """What its answered commands may stand under, likeliest first: `identity`, and others it once had."""
        return (self.identity,)

    @property
    def client_id(self) -> str:
        """Its identity, as the books name clients."""
        return self.actor

    @property
    def client_ids(self) -> tuple[str, ...]:
        """Its identities, as the books name clients."""
        return (self.client_id,)

    @property
    def may_approve(self) -> bool:
        """Whether it may confirm decisions above the tenant's amount limit."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class KeyPrincipal(Principal):
    """One key of one tenant, perhaps bound to one store or register."""

    api_key_id: int
    prefix: str
    expires_at: datetime | None
    #: The first key of its chain of rotations, whose name all of them have.
    origin: KeyName
    #: That name, and any that keys of the chain had of their own before there were chains; likeliest first.
    names: tuple[KeyName, ...]

    @property
    def actor(self) -> str:
        return f"key:{self.prefix}"

    @property
    def identity(self) -> str:
        return f"key:{self.origin.id}"

    @property
    def identities(self) -> tuple[str, ...]:
        return tuple(f"key:{name.id}" for name in self.names)

    @property
    def client_id(self) -> str:
        return f"key:{self.origin.prefix}"

    @property
    def client_ids(self) -> tuple[str, ...]:
        return tuple(f"key:{name.prefix}" for name in self.names)

    @property
    def may_approve(self) -> bool:
        return self.holds("admin")


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
    """Create a key; operation. :returns: the row, and the key itself, which cannot be read again.

    :param predecessor: the key it replaces: whoever uses the new one is the same principal.
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
        secret_sha256=_digest(secret),
        scopes=sorted(set(scopes)),
        store=store,
        register=register,
        expires_at=expires_at,
        predecessor=predecessor,
        origin_id=(predecessor.origin_id or predecessor.pk) if predecessor is not None else None,
    )
    return key, f"lsk_{prefix}_{secret}"


def revoke(tenant: Tenant, *, prefix: str, now: datetime) -> tuple[ApiKey, bool]:
    """Make a key worthless; operation. :returns: the key, and False when it was so already.

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


def authenticate(key: str, *, fresh: bool = True) -> KeyPrincipal | None:
    """The principal of a key, or None when it is unknown, revoked or expired.

    :param fresh: False may answer from memory; only for callers that have the database check it again.
    """
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
    if not fresh and (remembered := _memory.get(digest)) is not None:
        return remembered
    principal = _look_up(key)
    if principal is None:
        _memory.forget(digest)
    else:
        _memory.put(digest, principal)
    return principal


def ensure_live(principal: KeyPrincipal) -> None:
    """:raises CredentialRevoked: the key was revoked or has expired since it was remembered."""
    now = timezone.now()
    row = ApiKey.objects.filter(pk=principal.api_key_id, revoked_at=None).first()
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        forget()
        raise CredentialRevoked


def forget() -> None:
    """Drop what this process remembers of keys."""
    _memory.clear()


def _look_up(key: str) -> KeyPrincipal | None:
    parts = key.split("_", 2)
    if len(parts) != 3 or parts[0] != "lsk" or not key.isascii() or "\x00" in key:
        return None
    now = timezone.now()
    found = ApiKey.objects.filter(prefix=parts[1], revoked_at=None)
    rows = lineage.with_names(found).select_related("tenant", "store", "register")
    digest = _digest(parts[2])
    for row in rows:
        if hmac.compare_digest(bytes(row.secret_sha256), digest) and (not row.expires_at or row.expires_at > now):
            _note_use(row, now)
            return _principal(row)
    return None


def _principal(row: Any) -> KeyPrincipal:
    return KeyPrincipal(
        api_key_id=row.id,
        prefix=row.prefix,
        tenant_id=row.tenant_id,
        tenant_slug=row.tenant.slug,
        scopes=frozenset(row.scopes),
        store_code=row.store.code if row.store else None,
        register_code=row.register.code if row.register else None,
        expires_at=row.expires_at,
        origin=lineage.origin_of(row),
        names=lineage.names_of(row),
    )


def _note_use(row: ApiKey, now: datetime) -> None:
    """To the minute: finer would write one hot row per request."""
    if row.last_used_at is None or now - row.last_used_at > _LAST_USED_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


class _Memory:
    """A bounded, expiring map from a key's digest to its principal; shared by the threads of a process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[bytes, tuple[float, KeyPrincipal]] = OrderedDict()

    def get(self, digest: bytes) -> KeyPrincipal | None:
        entry = self._entries.get(digest)
        if entry is None or entry[0] < time.monotonic():
            return None
        return entry[1]

    def put(self, digest: bytes, principal: KeyPrincipal) -> None:
        with self._lock:
            self._entries[digest] = (time.monotonic() + settings.DIRECTORY_TTL_SECONDS, principal)
            while len(self._entries) > _REMEMBERED_KEYS:
                self._entries.popitem(last=False)

    def forget(self, digest: bytes) -> None:
        with self._lock:
            self._entries.pop(digest, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


_memory = _Memory()
