"""A money command as it is told apart from others, and what may be said about one. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledgersafe.values import exact_json
from ledgersafe.values.card_numbers import contains_pan
from ledgersafe.values.errors import DomainError, InvalidParameter

MAX_KEY: Final = 200
_MAX_NAME: Final = 300
#: `/api/x/` is `/v1/x`.
_ROOTS: Final = ("/v1/", "/api/")


class UnusableKey(InvalidParameter):
    """An idempotency key is needed: 1 to 200 printable characters, in X-Idempotency-Key."""

    code = "IDEMPOTENCY_KEY_REQUIRED"


class KeyReused(DomainError):
    """The idempotency key was used for another request."""

    code = "IDEMPOTENCY_KEY_REUSED"
    http_status = 422


class InProgress(DomainError):
    """A request with this idempotency key is still running; ask again in a moment."""

    code = "IDEMPOTENCY_IN_PROGRESS"
    http_status = 409


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said, byte for byte."""

    status: int
    media_type: str
    body: bytes

    @property
    def is_success(self) -> bool:
        """Whether the command was carried out."""
        return 200 <= self.status < 300

    @property
    def is_storable(self) -> bool:
        """Whether it would be the same whenever it was asked for; the table's CHECK says the same."""
        return self.is_success or self.status == 422


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer that was stored, and the fingerprint of the request it answered."""

    answer: Answer
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """One request to move money. `fingerprint` is SHA-256 of all that makes it this one."""

    tenant_id: int
    principal: str
    actor: str
    key: str
    name: str
    fingerprint: bytes

    @classmethod
    def of(
        cls,
        *,
        tenant_id: int,
        principal: str,
        actor: str,
        key: str,
        method: str,
        path: str,
        query: Mapping[str, list[str]],
        body: dict[str, Any],
    ) -> "Command":
        """`body` as `exact_json` parses it: order of keys, white space and `1.0` for `1` make no other command."""
        name = f"{method} {canonical_path(path)}"
        # The tenant is told apart by its id: `?tenant=` is only one way to name it.
        asked = {parameter: values for parameter, values in query.items() if parameter != "tenant"}
        said = {"command": name, "query": asked, "principal": principal, "body": body}
        fingerprint = exact_json.fingerprint(exact_json.canonical_text(said))
        return cls(tenant_id, principal, actor, key, name[:_MAX_NAME], fingerprint)

    def check(self, kept: StoredAnswer) -> None:
        """:raises KeyReused: the key was answered for another request."""
        if kept.fingerprint != self.fingerprint:
            raise KeyReused


def canonical_path(path: str) -> str:
    """The path as `/v1/…` without trailing slash."""
    for root in _ROOTS:
        if path.startswith(root):
            return f"/v1/{path.removeprefix(root).rstrip('/')}"
    return path.rstrip("/")


def read_key(*spellings: Any) -> str:
    """The idempotency key, which may be told more than once. :raises UnusableKey: none, an unusable one, or several."""
    keys = [key for key in spellings if key is not None]
    if not keys or any(type(key) is not str or not _is_key(key) for key in keys):
        raise UnusableKey
    if len(set(keys)) > 1:
        raise UnusableKey("Several idempotency keys were sent, and they differ.")
    return str(keys[0])


def _is_key(key: str) -> bool:
    return 1 <= len(key) <= MAX_KEY and key.isprintable() and key == key.strip() and not contains_pan(key)
