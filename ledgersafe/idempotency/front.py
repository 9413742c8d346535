"""Ask Redis before Postgres: recent answers, and marks of running commands. It saves work and decides nothing.

Answers are written after the commit, so that Redis never has more than Postgres (I39). A lost, late or forged mark may
change an answer's status, but never what happens: Postgres decides that.
"""

import hashlib
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import redis
from django.conf import settings

from ledgersafe.idempotency import books, redis_client, sealing
from ledgersafe.idempotency.sealing import Mark, SealedAnswer
from ledgersafe.idempotency.stored_answers import Command, StoredAnswer

PREFIX: Final = "idempotency"
#: Longer answers stay in Postgres only.
_LONGEST: Final = 64 * 1024
_RELEASE: Final = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class FrontState:
    """Redis' state of `name`: an answer, somebody else's mark, our own mark, or nothing."""

    name: str
    kept: StoredAnswer | None = None
    is_busy: bool = False
    mark: bytes | None = None


def look(command: Command) -> FrontState:
    """Ask Redis for the key's answer, and set a mark if there is nothing. One round trip."""
    name, now = _name(command), time.time()
    mark = sealing.seal_mark(name, secrets.token_bytes(16), now)
    reply = redis_client.ask(lambda client: _look(client, name, mark))
    if reply is None:
        return FrontState(name)
    is_ours, value = reply
    if is_ours is True:
        return FrontState(name, mark=mark)
    sealed = sealing.unseal(name, value) if isinstance(value, bytes) else None
    if isinstance(sealed, SealedAnswer):
        return FrontState(name, kept=sealed.kept)
    return FrontState(name, is_busy=isinstance(sealed, Mark) and sealed.counts(now))


def keep(state: FrontState, command: Command, stored: StoredAnswer) -> None:
    """Store the answer that Postgres has committed, over a mark or anything else."""
    if len(stored.answer.body) > _LONGEST:
        return
    value = sealing.seal_answer(state.name, command, stored, time.time())
    redis_client.ask(lambda client: client.set(state.name, value, ex=settings.IDEMPOTENCY_TTL_SECONDS))


def release(state: FrontState) -> None:
    """Remove our own mark only: somebody else may have come since."""
    mark = state.mark
    if mark is not None:
        redis_client.ask(lambda client: client.eval(_RELEASE, 1, state.name, mark))


def answers(tenant_id: int | None, most: int) -> Iterator[list[SealedAnswer]]:
    """Yield the answers Redis holds for these books, in batches; scans about `most` keys."""
    pattern, cursor, left = f"{PREFIX}:{_books()}:{tenant_id or '*'}:*", 0, most
    while left > 0:
        reply = redis_client.ask(partial(_scan, cursor=cursor, pattern=pattern))
        if reply is None:
            return
        cursor, values = reply
        left -= _BATCH
        unsealed = (sealing.unseal(name, value) for name, value in values if isinstance(value, bytes))
        yield [item for item in unsealed if isinstance(item, SealedAnswer)]
        if not cursor:
            return


def _look(client: redis.Redis, name: str, mark: bytes) -> tuple[Any, Any]:
    """Send two commands in one message; if one is refused (a full Redis still reads), the other counts."""
    pipe = client.pipeline(transaction=False)
    pipe.set(name, mark, nx=True, px=sealing.MARK_SECONDS * 1000)
    pipe.get(name)
    is_ours, value = pipe.execute(raise_on_error=False)
    return is_ours, value


def _scan(client: redis.Redis, *, cursor: int, pattern: str) -> tuple[int, list[tuple[str, Any]]]:
    reply: Any = client.scan(cursor, match=pattern, count=_BATCH)
    names = reply[1]
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.get(name)
    return reply[0], [(name.decode(), value) for name, value in zip(names, pipe.execute(False), strict=True)]


def _name(command: Command) -> str:
    """Hash a client's key, which may be long and hold anything, into a Redis key."""
    whose = hashlib.sha256(f"{command.principal}\0{command.key}".encode()).hexdigest()
    return f"{PREFIX}:{_books()}:{command.tenant_id}:{whose}"


def _books() -> str:
    return hashlib.sha256(books.identity().encode()).hexdigest()[:16]
