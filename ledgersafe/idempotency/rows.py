"""Claim keys and store answers in Postgres, which decides."""

from base64 import b64decode
from typing import Any, Final

from ledgersafe.idempotency.models import IdempotencyKey
from ledgersafe.idempotency.stored_answers import Answer, Command, InProgress, StoredAnswer
from ledgersafe.postgres.db import call, call_alone, retry_serialization
from ledgersafe.tenants.principals import Principal

_CLAIM: Final = "idempotency_claim_v1"


def answered_as(principal: Principal, key: str) -> str:
    """Choose the identity under which the principal's answer to a key is stored or will be.

    A principal with former identities needs one more statement. Its result is stable, since nothing is written under a
    former identity any more.
    """
    names = principal.identities
    if len(names) == 1:
        return names[0]
    answers = IdempotencyKey.objects.filter(tenant_id=principal.tenant_id, principal__in=names, key=key)
    stored = retry_serialization(lambda: set(answers.values_list("principal", flat=True)))
    return next((name for name in names if name in stored), principal.identity)


def claim(command: Command) -> StoredAnswer | None:
    """Lock the key until the transaction ends; operation. Return the stored answer, if any.

    :raises InProgress: another transaction has taken it.
    """
    return _read(call(_CLAIM, command.tenant_id, command.principal, command.key))


def look(command: Command) -> StoredAnswer | None:
    """Read the stored answer in a transaction of its own, if any.

    :raises InProgress: another transaction holds the key.
    """
    return _read(call_alone(_CLAIM, command.tenant_id, command.principal, command.key))


def _read(reply: dict[str, Any] | None) -> StoredAnswer | None:
    if reply is None:
        return None
    if reply.get("busy"):
        raise InProgress(retry_after=1)
    answer = Answer(reply["status"], reply["media_type"], b64decode(reply["body"]))
    return StoredAnswer(answer, bytes.fromhex(reply["fingerprint"]))


def keep(command: Command, answer: Answer) -> None:
    """Store the answer; operation. `idempotency_keys_one_per_key` allows one row per key."""
    call(
        "idempotency_keep_v1",
        command.tenant_id,
        command.principal,
        command.key,
        command.fingerprint,
        command.name,
        answer.status,
        answer.media_type,
        answer.body,
        command.actor,
    )
