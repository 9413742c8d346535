"""Use cases of transfers: carry out one, many or none of many, or only show what would become of one.

One call of `ledger_transfer_alone_v1` is the transaction and the one round trip, when nothing speaks against it. Else,
and for several, one of `ledger_transfer_v1`, which says what does. The first transfer of a day goes the long way, and
opens it. READ COMMITTED: see docs/adr/0009.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import Error as DatabaseError
from django.db import IntegrityError

from ledger.accounts.requests import InvalidRequest
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
    tenant_transaction,
)
from ledgersafe.telemetry import metrics
from ledgersafe.tenants import authentication
from ledgersafe.tenants.principals import KeyPrincipal, Principal
from ledgersafe.values.errors import DomainError

#: What an answer says became of a transfer, for the schema.
STATUSES: Final = [(status, status) for status in ("applied", "duplicate", "dry_run")]
_WHY: Final = {"unknown": "is no account of yours", "currency": "is in another currency"}


@dataclass(frozen=True, slots=True)
class PostedTransfer:
    """What became of a transfer: its journal, and whether it was there before."""

    journal_id: int | None
    created_at: str | None
    is_new: bool


class _RolledBack(Exception):
    """Ends a preview's transaction."""


def carry_out(
    *, principal: Principal, requests: Sequence[TransferRequest], now: datetime, single: bool = True
) -> list[PostedTransfer]:
    """Post transfers, each once; all of them or none.

    :raises InvalidRequest: unknown accounts. :raises DomainError: AccountNotActive, DayClosed, FloorReached, KeyReused.
    :raises ledgersafe.tenants.authentication.CredentialRevoked: the key was revoked meanwhile.
    :raises ledgersafe.values.errors.Unavailable: the database cannot be reached, or too many want the same.
    """
    started = time.perf_counter()
    requests = clients.as_known(Transfer.objects, principal, requests)
    asked = _without_repeats(requests)

    def attempt() -> list[PostedTransfer]:
        told = _alone(principal, asked, now) if len(asked) == 1 else None
        if told is None:
            told = call_alone("ledger_transfer_v1", *_told(principal, asked, now))
        if "days" in told:
            with tenant_transaction(principal.tenant_id):
                _open_days(principal, told["days"])
                told = call("ledger_transfer_v1", *_told(principal, asked, now))
                return _outcomes(told, principal, requests, asked, single)
        return _outcomes(told, principal, requests, asked, single)

    applied = _counted(attempt, principal, len(requests))
    metrics.posting_latency.observe((time.perf_counter() - started) * 1000)
    return applied


def preview(*, principal: Principal, requests: Sequence[TransferRequest], now: datetime) -> list[PostedTransfer]:
    """The same path, and every guard's judgement, rolled back. What was carried out before is told as such."""
    requests = clients.as_known(Transfer.objects, principal, requests)
    asked = _without_repeats(requests)

    def attempt() -> list[PostedTransfer]:
        found: list[PostedTransfer] = []
        try:
            with tenant_transaction(principal.tenant_id):
                told = call("ledger_transfer_v1", *_told(principal, asked, now))
                if "days" in told:
                    _open_days(principal, told["days"])
                    told = call("ledger_transfer_v1", *_told(principal, asked, now))
                found = _outcomes(told, principal, requests, asked, True)
                force_constraints()
                raise _RolledBack
        except _RolledBack:
            return [PostedTransfer(None, None, True) if one.is_new else one for one in found]

    return _translated(attempt)


def _counted(attempt: Any, principal: Principal, number: int) -> list[PostedTransfer]:
    try:
        applied = _translated(attempt)
    except (DomainError, DatabaseError):
        metrics.ledger_transactions.labels("fail").inc(number)
        raise
    for one in applied:
        metrics.ledger_transactions.labels("ok" if one.is_new else "duplicate").inc()
    return applied


def _translated(attempt: Any) -> list[PostedTransfer]:
    """Retried as long as Postgres asks for it; what a guard refuses becomes its refusal."""
    try:
        applied: list[PostedTransfer] = retry_serialization(attempt)
    except IntegrityError as error:
        refusal = books.of_guard(error)
        if refusal is None:
            raise
        raise refusal from error
    return applied


def _alone(principal: Principal, asked: Sequence[TransferRequest], now: datetime) -> dict[str, Any] | None:
    """One transfer by the short way; None when something speaks against it, and nothing was written."""
    tenant_id, context, rows = _arguments(principal, asked, now)
    told: dict[str, Any] = call_alone("ledger_transfer_alone_v1", tenant_id, as_jsonb(context), as_jsonb(rows[0]))
    return None if "again" in told else told


def _told(principal: Principal, asked: Sequence[TransferRequest], now: datetime) -> tuple[Any, ...]:
    """The arguments of `ledger_transfer_v1`."""
    tenant_id, context, rows = _arguments(principal, asked, now)
    return tenant_id, as_jsonb(context), as_jsonb(rows)


def _arguments(
    principal: Principal, asked: Sequence[TransferRequest], now: datetime
) -> tuple[int, dict[str, Any], list[dict[str, Any]]]:
    calendar = calendar_memory.of(principal.tenant_id)
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
            "client": one.client_id,
            "key": one.idempotency_key,
            "hash": one.fingerprint.hex(),
            "date": (one.value_date or today).isoformat(),
            "ref": one.external_ref,
            "memo": one.memo,
            "meta": one.metadata,
            "memos": [line.memo for line in one.lines] if any(line.memo for line in one.lines) else [],
            "n": len(one.lines),
            "lines": [
                {"n": number, "code": line.account_code, "c": line.currency, "m": line.amount_minor}
                for number, line in enumerate(one.lines, 1)
            ],
        }
        for ordinal, one in enumerate(asked)
    ]
    return principal.tenant_id, context, rows


def _open_days(principal: Principal, days: Sequence[dict[str, Any]]) -> None:
    """:raises DayClosed: one of the days is closed, or lies before one that is."""
    calendar = calendar_memory.of(principal.tenant_id)
    for day in sorted({date.fromisoformat(one["date"]) for one in days}):
        if not calendar.open_day(day):
            raise books.DayClosed(f"Business day {day} is closed: nothing is posted on or before it.")


def _outcomes(
    told: dict[str, Any],
    principal: Principal,
    requests: Sequence[TransferRequest],
    asked: Sequence[TransferRequest],
    single: bool,
) -> list[PostedTransfer]:
    if told.get("stale"):
        calendar_memory.forget(principal.tenant_id)
        if isinstance(principal, KeyPrincipal):
            authentication.ensure_live(principal)
        raise StaleMemory
    if "accounts" in told:
        raise _accounts_refused(told["accounts"], requests, asked, single)
    if "days" in told:
        raise books.DayClosed
    by_key: dict[tuple[str, str], PostedTransfer] = {}
    for one in told["done"]:
        if not one["same"]:
            raise KeyReused
        request = asked[one["o"]]
        made = PostedTransfer(one["journal"], one["at"].replace("+00:00", "Z"), bool(one.get("new")))
        by_key[request.client_id, request.idempotency_key] = made
    return _in_order(requests, by_key)


def _in_order(
    requests: Sequence[TransferRequest], by_key: dict[tuple[str, str], PostedTransfer]
) -> list[PostedTransfer]:
    """The outcome of each; of a repeat within the call, that it is one."""
    applied: list[PostedTransfer] = []
    for request in requests:
        key = request.client_id, request.idempotency_key
        made = by_key[key]
        applied.append(made)
        by_key[key] = PostedTransfer(made.journal_id, made.created_at, False)
    return applied


def _without_repeats(requests: Sequence[TransferRequest]) -> list[TransferRequest]:
    """:raises KeyReused: two of the transfers have one key, and are not the same."""
    by_key: dict[tuple[str, str], TransferRequest] = {}
    for request in requests:
        first = by_key.setdefault((request.client_id, request.idempotency_key), request)
        if first.fingerprint != request.fingerprint:
            raise KeyReused
    return list(by_key.values())


def _accounts_refused(
    problems: Sequence[dict[str, Any]],
    requests: Sequence[TransferRequest],
    asked: Sequence[TransferRequest],
    single: bool,
) -> DomainError:
    errors = []
    for problem in problems:
        request = asked[problem["o"]]
        code = request.lines[problem["n"] - 1].account_code
        where = "" if single else f"/transfers/{requests.index(request)}"
        why = _WHY.get(problem["why"], f"is {problem['why']}")
        errors.append({"pointer": f"{where}/entries/{problem['n'] - 1}/account_code", "message": f"{code} {why}"})
    message = f"{errors[0]['message']}."
    if any(problem["why"] in _WHY for problem in problems):
        return InvalidRequest(message, errors=errors)
    return books.AccountNotActive(message, errors=errors)
