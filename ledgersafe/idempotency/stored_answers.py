"""A money command, its identity and its answer. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledgersafe.values import exact_json
from ledgersafe.values.card_numbers import contains_pan
from ledgersafe.values.errors import DomainError, InvalidParameter

MAX_KEY: Final = 200
_MAX_NAME: Final = 300
#: `/api/x/` is an alias of `/v1/x`.
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
    """An HTTP answer, byte for byte."""

    status: int
    media_type: str
    body: bytes

    @property
    def is_success(self) -> bool:
        """Tell whether the command was carried out."""
        return 200 <= self.status < 300

    @property
    def is_storable(self) -> bool:
        """Tell whether a repeat would get the same answer at any time; the table's CHECK agrees."""
        return self.is_success or self.status == 422


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A stored answer, with the fingerprint of the request it answered."""

    answer: Answer
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Command:
    """A request to move money. `fingerprint` is SHA-256 of everything that identifies it."""

    tenant_id: int
    principal: str
    actor: str
    key: str
    name: str
    fingerprint: bytes

    @classmethod
    def from_request(
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
        """Identify a command. `body` comes from `exact_json`: key order, white space and `1.0` for `1` are ignored."""
        name = f"{method} {canonical_path(path)}"
        # The tenant counts by its id: `?tenant=` is only one way to name it.
        parameters = {parameter: values for parameter, values in query.items() if parameter != "tenant"}
        request = {"command": name, "query": parameters, "principal": principal, "body": body}
        fingerprint = exact_json.fingerprint(exact_json.canonical_text(request))
        return cls(tenant_id, principal, actor, key, name[:_MAX_NAME], fingerprint)

    def check(self, stored: StoredAnswer) -> None:
        """Compare the fingerprints.

        :raises KeyReused: the key was answered for another request.
        """
        if stored.fingerprint != self.fingerprint:
            raise KeyReused


def canonical_path(path: str) -> str:
    """Spell a path as `/v1/…` without trailing slash."""
    for root in _ROOTS:
        if path.startswith(root):
            return f"/v1/{path.removeprefix(root).rstrip('/')}"
    return path.rstrip("/")


def read_key(*spellings: Any) -> str:
    """Read the idempotency key from all its places.

    :raises UnusableKey: none, an unusable one, or several that differ.
    """
    keys = [key for key in spellings if key is not None]
    if not keys or any(type(key) is not str or not _is_key(key) for key in keys):
        raise UnusableKey
    if len(set(keys)) > 1:
        raise UnusableKey("Several idempotency keys were sent, and they differ.")
    return str(keys[0])


def _is_key(key: str) -> bool:
    return 1 <= len(key) <= MAX_KEY and key.isprintable() and key == key.strip() and not contains_pan(key)
