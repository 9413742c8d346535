"""What Postgres is asked about keys: operations of the command's own transaction."""

from base64 import b64decode
from dataclasses import dataclass

from ledgersafe.db import call
from ledgersafe.idempotency.answers import Answer, Command, InProgress


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and the fingerprint of the request it answered."""

    answer: Answer
    fingerprint: bytes


def claim(command: Command) -> Kept | None:
    """Take the key until the transaction ends; operation. :returns: what was answered before, if anything.

    :raises InProgress: another transaction has taken it.
    """
    told = call("idempotency_claim_v1", command.tenant_id, command.principal, command.key)
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
