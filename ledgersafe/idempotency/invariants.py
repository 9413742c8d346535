"""Invariants of answered commands, in Postgres and in Redis."""

import json
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any, Final

from ledgersafe.idempotency import front
from ledgersafe.idempotency.sealing import SealedAnswer
from ledgersafe.postgres.invariants import Invariant, Snapshot, Violation

#: Redis keys checked per run; a large Redis is checked in part.
_MOST: Final = 20_000
#: Younger answers may have been committed after the snapshot; clocks differ, too.
_SKEW_SECONDS: Final = 5

#: Half of I34; the other half is in `ledger.checks.books`.
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
    """Compare Redis' answers with Postgres; without Redis there is nothing to compare."""
    for batch in front.answers(snapshot.tenant_id, _MOST):
        for number, *columns, now in snapshot.rows(_IN_POSTGRES, asked=_asked(batch)):
            answer = batch[number]
            if answer.at < now - _SKEW_SECONDS and columns != _expected(answer):
                message = f"Redis holds an answer to key {answer.key} that Postgres does not have"
                yield Violation(answer.tenant_id, "idempotency_keys", f"{answer.principal}/{answer.key}", message)


def _asked(batch: Sequence[SealedAnswer]) -> str:
    return json.dumps(
        [
            {"number": number, "tenant": answer.tenant_id, "principal": answer.principal, "key": answer.key}
            for number, answer in enumerate(batch)
        ]
    )


def _expected(answer: SealedAnswer) -> list[Any]:
    return [answer.kept.fingerprint, answer.kept.answer.status, sha256(answer.kept.answer.body).digest()]


INVARIANTS: Final = (
    Invariant("I39", "Whatever Redis holds for a finished command, Postgres holds too.", _redis_agrees),
)
