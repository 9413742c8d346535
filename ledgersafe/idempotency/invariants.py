"""Invariants of the answers to money commands: what is stored, and what Redis says is stored."""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

from ledgersafe.idempotency import front
from ledgersafe.idempotency.sealing import SealedAnswer
from ledgersafe.postgres.invariants import Invariant, Snapshot, Violation

#: Keys in Redis a run looks at: a large Redis is looked through in part.
_MOST: Final = 20_000
#: Answers younger than this may have been committed after the snapshot was taken; clocks differ, too.
_SKEW_SECONDS: Final = 5

#: Half of I34; the books know the other half (`ledger.checks.books`).
STORED_STATUS: Final = """
SELECT k.tenant_id, 'idempotency_keys', k.id::text, 'key ' || k.key || ' holds an answer of status ' || k.status
FROM idempotency_keys k
WHERE %(tenant)s IN (0, k.tenant_id) AND k.created_at >= %(since)s::date
  AND NOT (k.status BETWEEN 200 AND 299 OR k.status = 422)
"""

_IN_POSTGRES: Final = """
SELECT a.number, k.fingerprint, k.status, sha256(k.body), extract(epoch FROM now())::float8
FROM jsonb_to_recordset(%(asked)s::jsonb) AS a(number integer, tenant bigint, principal text, key text)
LEFT JOIN idempotency_keys k ON k.tenant_id = a.tenant AND k.principal = a.principal AND k.key = a.key
"""


def _redis_agrees(snapshot: Snapshot) -> Iterator[Violation]:
    """Without Redis there is nothing to compare; that it does not answer is logged where it is asked."""
    for batch in front.answers(snapshot.tenant_id, _MOST):
        for number, *found, now in snapshot.rows(_IN_POSTGRES, asked=_asked(batch)):
            held = batch[number]
            if held.at < now - _SKEW_SECONDS and found != _expected(held):
                message = f"Redis holds an answer to key {held.key} that Postgres does not have"
                yield Violation(held.tenant_id, "idempotency_keys", f"{held.principal}/{held.key}", message)


def _asked(batch: Sequence[SealedAnswer]) -> str:
    return json.dumps(
        [
            {"number": number, "tenant": held.tenant_id, "principal": held.principal, "key": held.key}
            for number, held in enumerate(batch)
        ]
    )


def _expected(held: SealedAnswer) -> list[Any]:
    return [held.kept.fingerprint, held.kept.answer.status, sha256(held.kept.answer.body).digest()]


INVARIANTS: Final = (
    Invariant("I39", "Whatever Redis holds for a finished command, Postgres holds too.", _redis_agrees),
)
