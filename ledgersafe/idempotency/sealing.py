"""Seal the values in Redis: answers, and marks of running commands. Pure.

A value counts only if its seal fits, and the seal covers books, tenant, principal and key: a value that was forged,
damaged or moved is ignored.
"""

import hmac
from dataclasses import dataclass
from struct import Struct
from typing import Final, TypeAlias

import orjson
from django.utils.crypto import salted_hmac

from ledgersafe.idempotency.stored_answers import Answer, Command, StoredAnswer

#: Lifetime of a mark. A command takes milliseconds; for a slower one, Postgres is asked.
MARK_SECONDS: Final = 10
_SALT: Final = "ledgersafe.idempotency.sealing"
_MAC_BYTES: Final = 32
_ANSWER, _MARK = b"A", b"M"
_INSTANT: Final = Struct("!d")
_SEPARATOR: Final = b"\n"


@dataclass(frozen=True, slots=True)
class SealedAnswer:
    """An answer as Redis holds it, with owner and instant (seconds since 1970)."""

    tenant_id: int
    principal: str
    key: str
    kept: StoredAnswer
    at: float


@dataclass(frozen=True, slots=True)
class Mark:
    """The instant at which somebody began."""

    at: float

    def counts(self, now: float) -> bool:
        """Tell whether the mark is young enough to be believed."""
        return abs(now - self.at) < MARK_SECONDS


Sealed: TypeAlias = SealedAnswer | Mark


def seal_answer(name: str, command: Command, stored: StoredAnswer, now: float) -> bytes:
    """Seal an answer for the Redis key `name`."""
    head = {
        "tenant": command.tenant_id,
        "principal": command.principal,
        "key": command.key,
        "fingerprint": stored.fingerprint.hex(),
        "status": stored.answer.status,
        "media_type": stored.answer.media_type,
        "at": now,
    }
    return _sealed(name, _ANSWER + orjson.dumps(head) + _SEPARATOR + stored.answer.body)


def seal_mark(name: str, token: bytes, now: float) -> bytes:
    """Seal the mark of whoever drew `token`."""
    return _sealed(name, _MARK + _INSTANT.pack(now) + token)


def unseal(name: str, value: bytes) -> Sealed | None:
    """Read the value under `name`; None if the seal does not fit."""
    mac, payload = value[:_MAC_BYTES], value[_MAC_BYTES:]
    if not payload or not hmac.compare_digest(mac, _mac(name, payload)):
        return None
    kind, rest = payload[:1], payload[1:]
    if kind == _MARK:
        return Mark(_INSTANT.unpack_from(rest)[0])
    head, _, body = rest.partition(_SEPARATOR)
    fields = orjson.loads(head)
    stored = StoredAnswer(Answer(fields["status"], fields["media_type"], body), bytes.fromhex(fields["fingerprint"]))
    return SealedAnswer(fields["tenant"], fields["principal"], fields["key"], stored, fields["at"])


def _sealed(name: str, payload: bytes) -> bytes:
    return _mac(name, payload) + payload


def _mac(name: str, payload: bytes) -> bytes:
    # The name contains no NUL, so that the boundary between name and payload is unambiguous.
    return salted_hmac(_SALT, name.encode() + b"\0" + payload, algorithm="sha256").digest()
