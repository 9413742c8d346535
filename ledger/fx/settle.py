"""Settle between accounts of two currencies: the use case. Two journals or none.

The source's journal and the target's each sum to zero in their own currency, against the clearing account of that
currency. The value of both clearing accounts together is the open position (`ledger.fx.positions`).
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db import Error as DatabaseError
from django.db import IntegrityError

from ledger.accounts import AccountRef, InvalidRequest, Problems, find_or_open, read_amount
from ledger.fx import rates, settlement_queries
from ledger.fx.conversion import AmountTooSmall, Conversion
from ledger.fx.rates import RateQuery
from ledger.fx.settlement_requests import SettlementRequest
from ledger.models import Account, AccountStatus, FxSettlement
from ledger.periods import calendar_of
from ledger.refusals import books
from ledger.transfers import clients
from ledgersafe.idempotency.stored_answers import KeyReused
from ledgersafe.postgres.db import (
    as_jsonb,
    call,
    force_constraints,
    retry_serialization,
    rolled_back,
    tenant_transaction,
)
from ledgersafe.telemetry import metrics
from ledgersafe.tenants.principals import Principal
from ledgersafe.values.errors import DomainError

CLEARING: Final = "FX_CLEARING"


def settle(
    *, principal: Principal, request: SettlementRequest, now: datetime, dry_run: bool = False
) -> tuple[FxSettlement, bool]:
    """Convert an amount and post both journals, once per key.

    :param dry_run: take the same path, every guard included, and roll back.
    :returns: the settlement, and True when this call made it (False: an earlier one).
    :raises InvalidRequest: unknown accounts, or two of one currency.
    :raises DomainError: FxRateMissing, FxRateStale, AmountTooSmall, AmountTooLarge, AccountNotActive, DayClosed,
        FloorReached, KeyReused.
    """
    started = time.perf_counter()
    tenant_id = principal.tenant_id
    (known,) = clients.with_recorded_clients(FxSettlement.objects, principal, [request])

    def attempt() -> tuple[FxSettlement, bool]:
        with tenant_transaction(tenant_id):
            return _settle_once(tenant_id, known, principal.actor, now)

    def preview() -> tuple[FxSettlement, bool]:
        with rolled_back(tenant_id):
            settlement = _settle_once(tenant_id, known, principal.actor, now)
            force_constraints()
            return settlement

    if dry_run:
        return _translated(preview)
    try:
        settlement, is_new = _translated(attempt)
    except (DomainError, DatabaseError):
        metrics.ledger_transactions.labels("fail").inc()
        raise
    metrics.ledger_transactions.labels("ok" if is_new else "duplicate").inc()
    metrics.posting_latency.observe((time.perf_counter() - started) * 1000)
    return settlement, is_new


def _translated(attempt: Callable[[], tuple[FxSettlement, bool]]) -> tuple[FxSettlement, bool]:
    """Run with retries on serialization failures, and turn a guard's error into its refusal."""
    try:
        return retry_serialization(attempt)
    except IntegrityError as error:
        refusal = books.refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error


def _settle_once(tenant_id: int, request: SettlementRequest, actor: str, now: datetime) -> tuple[FxSettlement, bool]:
    settlements = settlement_queries.list_settlements(tenant_id, None)
    earlier = settlements.filter(client_id=request.client_id, idempotency_key=request.idempotency_key).first()
    if earlier is not None:
        if bytes(earlier.fingerprint) != request.fingerprint:
            raise KeyReused
        return earlier, False
    source, target = _accounts(tenant_id, request)
    conversion = _convert(tenant_id, request, source, target)
    if not calendar_of(tenant_id).open_day(request.value_date):
        raise books.DayClosed(f"Business day {request.value_date} is closed: nothing is posted on or before it.")
    argument = _call_argument(tenant_id, request, actor, source, target, conversion)
    row = call("ledger_fx_settle_v1", tenant_id, as_jsonb(argument))
    return settlements.get(id=row["id"]), True


def _accounts(tenant_id: int, request: SettlementRequest) -> tuple[Account, Account]:
    """Return source and target.

    :raises InvalidRequest: not two accounts of two currencies. :raises AccountNotActive: one takes no postings.
    """
    codes = {"from_account": request.from_code, "to_account": request.to_code}
    sent_codes = [code for code in codes.values() if "\x00" not in code]
    accounts = {account.code: account for account in Account.objects.filter(tenant_id=tenant_id, code__in=sent_codes)}
    problems, inactive = Problems(), Problems()
    for name, code in codes.items():
        if code not in accounts:
            problems.add(f"/{name}", f"{code} is no account of yours")
        elif accounts[code].role == CLEARING:
            problems.add(f"/{name}", f"{code} is a clearing account: choose another one")
        elif accounts[code].status != AccountStatus.ACTIVE:
            inactive.add(f"/{name}", f"{code} is {accounts[code].status}")
    if not problems.items and accounts[request.from_code].currency == accounts[request.to_code].currency:
        problems.add("/to_account", "must have another currency than from_account; use a transfer instead")
    problems.refuse()
    if inactive.items:
        raise books.AccountNotActive(f"{inactive.items[0]['message']}.", errors=inactive.items)
    return accounts[request.from_code], accounts[request.to_code]


def _convert(tenant_id: int, request: SettlementRequest, source: Account, target: Account) -> Conversion:
    problems = Problems()
    minor = read_amount(problems, "/amount", request.amount, source.currency)
    problems.refuse()
    if minor <= 0:
        raise InvalidRequest("/amount must be above zero.", errors=[{"pointer": "/amount", "message": "is too small"}])
    rate = rates.usable(tenant_id, RateQuery(source.currency, target.currency, request.as_of))
    conversion = rate.converts(source.currency, target.currency, minor)
    if not conversion.converted_minor:
        raise AmountTooSmall
    return conversion


def _call_argument(
    tenant_id: int,
    request: SettlementRequest,
    actor: str,
    source: Account,
    target: Account,
    conversion: Conversion,
) -> dict[str, Any]:
    """Return the argument of `ledger_fx_settle_v1`; opens the clearing accounts if they are missing."""
    clearing = [AccountRef(CLEARING, account.currency) for account in (source, target)]
    ids = find_or_open(tenant_id, clearing)
    return {
        "client": request.client_id,
        "key": request.idempotency_key,
        "hash": request.fingerprint.hex(),
        "actor": actor,
        "from": source.pk,
        "to": target.pk,
        "source": source.currency,
        "target": target.currency,
        "minor": conversion.amount_minor,
        "converted": conversion.converted_minor,
        "shift": conversion.shift,
        "rate": conversion.rate.id,
        "value": conversion.rate.text,
        "inverted": conversion.inverted,
        "day": request.value_date.isoformat(),
        "as_of": request.as_of.isoformat(),
        "memo": request.memo,
        "ref": request.external_ref,
        "clear_source": ids[clearing[0]],
        "clear_target": ids[clearing[1]],
    }
