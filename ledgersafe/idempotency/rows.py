"""What Postgres is asked about keys, and told: it decides, whatever anybody else believes."""

from base64 import b64decode
from typing import Any, Final

from ledgersafe.db import call, call_alone
from ledgersafe.idempotency.answers import Answer, Command, InProgress, Kept

_CLAIM: Final = "idempotency_claim_v1"


def claim(command: Command) -> Kept | None:
    """Take the key until the transaction ends; operation. :returns: what was answered before, if anything.

    :raises InProgress: another transaction has taken it.
    """
    return _read(call(_CLAIM, command.tenant_id, command.principal, command.key))


def look(command: Command) -> Kept | None:
    """What the key was answered, if anything; a transaction of its own. :raises InProgress: somebody is at it."""
    return _read(call_alone(_CLAIM, command.tenant_id, command.principal, command.key))


def _read(told: dict[str, Any] | None) -> Kept | None:
    if told is None:
        return None
    if told.get("busy"):
        raise InProgress(retry_after=1)
    answer = Answer(told["status"], told["media_type"], b64decode(told["body"]))
    return Kept(answer, bytes.fromhex(told["fingerprint"]))


def keep(command: Command, answer: Answer) -> None:
    """Write the answer; operation. One row, once: `idempotency_keys_one_per_key` is the judge."""
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
