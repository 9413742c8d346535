"""Authenticate API keys, and remember them for `DIRECTORY_TTL_SECONDS`."""

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.utils import timezone

from ledgersafe.tenants import lineage
from ledgersafe.tenants.keys import digest_of
from ledgersafe.tenants.models import ApiKey
from ledgersafe.tenants.principals import KeyPrincipal
from ledgersafe.values.errors import DomainError

_LAST_USED_EVERY: Final = timedelta(minutes=1)
_REMEMBERED_KEYS: Final = 10_000


class CredentialRevoked(DomainError):
    """The API key was revoked or has expired."""

    code = "NOT_AUTHENTICATED"
    http_status = 401


def authenticate(key: str, *, fresh: bool = True) -> KeyPrincipal | None:
    """Return the principal of an API key, or None if the key is unknown, revoked or expired.

    :param fresh: False allows an answer from memory, for callers whose SQL function checks the key again.
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
    """Look the remembered key up again.

    :raises CredentialRevoked: it was revoked or has expired since.
    """
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
    candidates = ApiKey.objects.filter(prefix=parts[1], revoked_at=None)
    rows = lineage.with_names(candidates).select_related("tenant", "store", "register")
    digest = digest_of(parts[2])
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
    """Record the use to the minute: finer would write one hot row per request."""
    if row.last_used_at is None or now - row.last_used_at > _LAST_USED_EVERY:
        ApiKey.objects.filter(pk=row.pk).update(last_used_at=now)


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
