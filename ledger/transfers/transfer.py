"""Post transfers, one or several, all or none; or preview them: the use cases.

The short way of one transfer is one call of `ledger_transfer_alone_v1`: transaction and round trip in one. When that
call answers `again`, and for several transfers, `ledger_transfer_v1` posts them or names what is in the way. The first
transfer of a day takes the long way and opens the day. READ COMMITTED: see docs/adr/0009.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import Error as DatabaseError
from django.db import IntegrityError

from ledger.accounts import InvalidRequest
from ledger.models import Transfer
from ledger.periods import calendar_memory
from ledger.refusals import books
from ledger.transfers import clients
from ledger.transfers.requests import TransferRequest
from ledgersafe.idempotency.stored_answers import KeyReused
from ledgersafe.postgres.db import (
    StaleMemory,
    as_jsonb,
    call,
    call_alone,
    force_constraints,
    retry_serialization,
    rolled_back,
    tenant_transaction,
)
from ledgersafe.telemetry import metrics
from ledgersafe.tenants import authentication
from ledgersafe.tenants.principals import KeyPrincipal, Principal
from ledgersafe.values.errors import DomainError

#: The statuses of an answer, for the OpenAPI schema.
STATUSES: Final = [(status, status) for status in ("applied", "duplicate", "dry_run")]
_WHY: Final = {"unknown": "is no account of yours", "currency": "is in another currency"}


@dataclass(frozen=True, slots=True)
class TransferResult:
    """The outcome of a transfer: its journal (None: a preview), its instant (RFC 3339), and whether it is new."""

    journal_id: int | None
    created_at: str | None
    is_new: bool


def carry_out(
    *, principal: Principal, requests: Sequence[TransferRequest], now: datetime, single: bool = True
) -> list[TransferResult]:
    """Post transfers, each once per key; all of them or none.

    :param single: the request was one transfer, not a list: decides the pointers of problems.
    :returns: results in the order of the requests; a repeat within the call is not new.
    :raises InvalidRequest: unknown accounts. :raises DomainError: AccountNotActive, DayClosed, FloorReached, KeyReused.
    :raises ledgersafe.tenants.authentication.CredentialRevoked: the key was revoked meanwhile.
    :raises ledgersafe.values.errors.Unavailable: the database cannot be reached, or too many requests conflict.
    """
    started = time.perf_counter()
    requests = clients.with_recorded_clients(Transfer.objects, principal, requests)
    distinct = _without_repeats(requests)

    def attempt() -> list[TransferResult]:
        answer = _alone(principal, distinct, now) if len(distinct) == 1 else None
        if answer is None:
            answer = call_alone("ledger_transfer_v1", *_call_arguments(principal, distinct, now))
        if "days" in answer:
            with tenant_transaction(principal.tenant_id):
                _open_days(principal, answer["days"])
                answer = call("ledger_transfer_v1", *_call_arguments(principal, distinct, now))
                return _outcomes(answer, principal, requests, distinct, single)
        return _outcomes(answer, principal, requests, distinct, single)

    results = _counted(attempt, principal, len(requests))
    metrics.posting_latency.observe((time.perf_counter() - started) * 1000)
    return results


def preview(*, principal: Principal, requests: Sequence[TransferRequest], now: datetime) -> list[TransferResult]:
    """Take the same path, every guard included, and roll back. Transfers posted before keep their results."""
    requests = clients.with_recorded_clients(Transfer.objects, principal, requests)
    distinct = _without_repeats(requests)

    def attempt() -> list[TransferResult]:
        with rolled_back(principal.tenant_id):
            answer = call("ledger_transfer_v1", *_call_arguments(principal, distinct, now))
            if "days" in answer:
                _open_days(principal, answer["days"])
                answer = call("ledger_transfer_v1", *_call_arguments(principal, distinct, now))
            results = _outcomes(answer, principal, requests, distinct, True)
            force_constraints()
        return [TransferResult(None, None, True) if result.is_new else result for result in results]

    return _translated(attempt)


def _counted(attempt: Any, principal: Principal, number: int) -> list[TransferResult]:
    try:
        results = _translated(attempt)
    except (DomainError, DatabaseError):
        metrics.ledger_transactions.labels("fail").inc(number)
        raise
    for result in results:
        metrics.ledger_transactions.labels("ok" if result.is_new else "duplicate").inc()
    return results


def _translated(attempt: Any) -> list[TransferResult]:
    """Run with retries on serialization failures, and turn a guard's error into its refusal."""
    try:
        results: list[TransferResult] = retry_serialization(attempt)
    except IntegrityError as error:
        refusal = books.refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error
    return results


def _alone(principal: Principal, distinct: Sequence[TransferRequest], now: datetime) -> dict[str, Any] | None:
    """Post one transfer the short way; None when the database answered `again` and wrote nothing."""
    tenant_id, context, rows = _arguments(principal, distinct, now)
    answer: dict[str, Any] = call_alone("ledger_transfer_alone_v1", tenant_id, as_jsonb(context), as_jsonb(rows[0]))
    return None if "again" in answer else answer


def _call_arguments(principal: Principal, distinct: Sequence[TransferRequest], now: datetime) -> tuple[Any, ...]:
    """Return the arguments of `ledger_transfer_v1`."""
    tenant_id, context, rows = _arguments(principal, distinct, now)
    return tenant_id, as_jsonb(context), as_jsonb(rows)


def _arguments(
    principal: Principal, distinct: Sequence[TransferRequest], now: datetime
) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
    calendar = calendar_memory.calendar_of(principal.tenant_id)
    context = {
        "version": calendar.version,
        "api_key": principal.api_key_id if isinstance(principal, KeyPrincipal) else None,
        "actor": principal.actor,
        "at": now.isoformat(),
    }
    today = calendar.day_of(now)
    rows = [
        {
            "o": ordinal,
            "client": request.client_id,
            "key": request.idempotency_key,
            "hash": request.fingerprint.hex(),
            "date": (request.value_date or today).isoformat(),
            "ref": request.external_ref,
            "memo": request.memo,
            "meta": request.metadata,
            "memos": [line.memo for line in request.lines] if any(line.memo for line in request.lines) else [],
            "n": len(request.lines),
            "lines": [
                {"n": number, "code": line.account_code, "c": line.currency, "m": line.amount_minor}
                for number, line in enumerate(request.lines, 1)
            ],
        }
        for ordinal, request in enumerate(distinct)
    ]
    return principal.tenant_id, context, rows


def _open_days(principal: Principal, days: Sequence[dict[str, Any]]) -> None:
    """Open the missing days, in order. :raises DayClosed: one is closed, or lies before a closed one."""
    calendar = calendar_memory.calendar_of(principal.tenant_id)
    for day in sorted({date.fromisoformat(row["date"]) for row in days}):
        if not calendar.open_day(day):
            raise books.DayClosed(f"Business day {day} is closed: nothing is posted on or before it.")


def _outcomes(
    answer: dict[str, Any],
    principal: Principal,
    requests: Sequence[TransferRequest],
    distinct: Sequence[TransferRequest],
    single: bool,
) -> list[TransferResult]:
    if answer.get("stale"):
        calendar_memory.forget(principal.tenant_id)
        if isinstance(principal, KeyPrincipal):
            authentication.ensure_live(principal)
        raise StaleMemory
    if "accounts" in answer:
        raise _accounts_refused(answer["accounts"], requests, distinct, single)
    if "days" in answer:
        raise books.DayClosed
    by_key: dict[tuple[str, str], TransferResult] = {}
    for row in answer["done"]:
        if not row["same"]:
            raise KeyReused
        request = distinct[row["o"]]
        result = TransferResult(row["journal"], row["at"].replace("+00:00", "Z"), bool(row.get("new")))
        by_key[request.client_id, request.idempotency_key] = result
    return _in_order(requests, by_key)


def _in_order(
    requests: Sequence[TransferRequest], by_key: dict[tuple[str, str], TransferResult]
) -> list[TransferResult]:
    """Return a result per request; the repeat of a request within the call is not new."""
    results: list[TransferResult] = []
    for request in requests:
        key = request.client_id, request.idempotency_key
        result = by_key[key]
        results.append(result)
        by_key[key] = TransferResult(result.journal_id, result.created_at, False)
    return results


def _without_repeats(requests: Sequence[TransferRequest]) -> list[TransferRequest]:
    """Return the distinct requests. :raises KeyReused: two different requests have the same key."""
    by_key: dict[tuple[str, str], TransferRequest] = {}
    for request in requests:
        first = by_key.setdefault((request.client_id, request.idempotency_key), request)
        if first.fingerprint != request.fingerprint:
            raise KeyReused
    return list(by_key.values())


def _accounts_refused(
    problems: Sequence[dict[str, Any]],
    requests: Sequence[TransferRequest],
    distinct: Sequence[TransferRequest],
    single: bool,
) -> DomainError:
    errors = []
    for problem in problems:
        request = distinct[problem["o"]]
        code = request.lines[problem["n"] - 1].account_code
        where = "" if single else f"/transfers/{requests.index(request)}"
        why = _WHY.get(problem["why"], f"is {problem['why']}")
        errors.append({"pointer": f"{where}/entries/{problem['n'] - 1}/account_code", "message": f"{code} {why}"})
    message = f"{errors[0]['message']}."
    if any(problem["why"] in _WHY for problem in problems):
        return InvalidRequest(message, errors=errors)
    return books.AccountNotActive(message, errors=errors)
