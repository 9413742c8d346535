"""USE CASE: carry out a money command once per key, and answer every repeat alike.

The answer's row is written in the transaction that moves the money: both exist, or neither. Meanwhile the transaction
holds a lock on the key, which ends with it in any case. A process that dies leaves nothing behind.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ledgersafe.idempotency import front, rows
from ledgersafe.idempotency.stored_answers import Answer, Command, InProgress, KeyReused, StoredAnswer
from ledgersafe.postgres.db import retry_serialization, tenant_transaction
from ledgersafe.telemetry import metrics
from ledgersafe.values.errors import DomainError


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, and whether it is a repeat."""

    answer: Answer
    is_replay: bool


class _Refused(Exception):
    """Rolls the transaction back; carries the answer that says why."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def carry_out(command: Command, work: Callable[[], Answer], refuse: Callable[[DomainError], Answer]) -> Outcome:
    """Run `work` in a transaction of the tenant, unless the key was answered before.

    :param work: operations and their answer. It may run again when Postgres asks for it. Only success is committed.
    :param refuse: renders a refusal of `work`, whose effects are undone. A final refusal is stored (422 that no later
        event may lift).
    :raises KeyReused: the key was used for another request. :raises InProgress: a command with this key is running.
    :raises DomainError: a refusal of `work` that another attempt may change.
    :raises ledgersafe.values.errors.Unavailable: the database is unreachable, or contention is too high.
    """
    try:
        state = front.look(command)
        if state.kept is not None:
            return _replay(command, state.kept, "replayed_cache")
        return _guarded(command, work, refuse, state)
    except (InProgress, KeyReused) as refusal:
        _count("in_progress" if isinstance(refusal, InProgress) else "reused")
        raise


def _guarded(
    command: Command, work: Callable[[], Answer], refuse: Callable[[DomainError], Answer], state: front.FrontState
) -> Outcome:
    is_remembered = False
    try:
        # Somebody left a mark in Redis. Postgres knows whether they are still running, died, or have not begun.
        stored = retry_serialization(lambda: rows.look(command)) if state.is_busy else None
        outcome = _decided(command, work, refuse) if stored is None else _replay(command, stored, "replayed_database")
        if outcome.answer.is_storable:
            front.keep(state, command, StoredAnswer(outcome.answer, command.fingerprint))
            is_remembered = True
    finally:
        if not is_remembered:
            front.release(state)
    return outcome


def _decided(command: Command, work: Callable[[], Answer], refuse: Callable[[DomainError], Answer]) -> Outcome:
    try:
        return retry_serialization(lambda: _attempt(command, work))
    except (InProgress, KeyReused):
        raise
    except _Refused as refused:
        refusal, answer = None, refused.answer
    except DomainError as error:
        refusal, answer = error, refuse(error)
    if answer.is_storable and not (refusal is not None and refusal.may_be_lifted):
        # In a new transaction, after the command's own was rolled back. Another request may have answered meanwhile.
        return retry_serialization(lambda: _attempt(command, lambda: answer, is_refusal=True))
    _count("refused")
    if refusal is not None:
        raise refusal
    return Outcome(answer, is_replay=False)


def _attempt(command: Command, work: Callable[[], Answer], *, is_refusal: bool = False) -> Outcome:
    with tenant_transaction(command.tenant_id):
        stored = rows.claim(command)
        if stored is None:
            answer = work()
            if not answer.is_success and not is_refusal:
                raise _Refused(answer)
            rows.keep(command, answer)
    if stored is not None:
        return _replay(command, stored, "replayed_database")
    _count("refused_stored" if is_refusal else "executed")
    return Outcome(answer, is_replay=False)


def _replay(command: Command, stored: StoredAnswer, outcome: str) -> Outcome:
    command.check(stored)
    _count(outcome)
    return Outcome(stored.answer, is_replay=True)


def _count(outcome: str) -> None:
    metrics.idempotency_guard.labels(outcome).inc()
