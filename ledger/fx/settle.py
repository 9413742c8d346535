"""Use cases of FX settlements: money goes into an account of another currency, by two journals or none.

The source's journal and the destination's each sum to zero in their own currency, against the clearing account of that
currency; what the two clearing accounts are worth together is the open position (`ledger.fx.positions`).
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from django.db import Error as DatabaseError
from django.db import IntegrityError

from ledger.accounts import opening
from ledger.accounts.chart import AccountRef
from ledger.accounts.requests import InvalidRequest, Problems, read_amount
from ledger.fx import conversion as fx
from ledger.fx import rates, settlement_queries
from ledger.fx.conversion import Conversion
from ledger.fx.rates import RateQuestion
from ledger.fx.settlement_requests import SettlementRequest
from ledger.models import Account, AccountStatus, FxSettlement
from ledger.periods import calendar_memory
from ledger.refusals import books
from ledger.transfers import clients
from ledgersafe.idempotency.stored_answers import KeyReused
from ledgersafe.postgres.db import as_jsonb, call, force_constraints, retry_serialization, tenant_transaction
from ledgersafe.telemetry import metrics
from ledgersafe.tenants.principals import Principal
from ledgersafe.values.errors import DomainError

CLEARING: Final = "FX_CLEARING"


class _RolledBack(Exception):
    """Ends a preview's transaction."""


def settle(
    *, principal: Principal, request: SettlementRequest, now: datetime, dry_run: bool = False
) -> tuple[FxSettlement, bool]:
    """Convert and post, once per key.

    :param dry_run: the same path and every guard's judgement, rolled back.
    :returns: the settlement, and whether it was made now.
    :raises InvalidRequest: unknown accounts, or of one currency.
    :raises DomainError: FxRateMissing, FxRateStale, AmountTooSmall, AmountTooLarge, AccountNotActive, DayClosed,
        FloorReached, KeyReused.
    """
    started = time.perf_counter()
    tenant_id = principal.tenant_id
    (known,) = clients.as_known(FxSettlement.objects, principal, [request])

    def attempt() -> tuple[FxSettlement, bool]:
        with tenant_transaction(tenant_id):
            return _settle_once(tenant_id, known, principal.actor, now)

    def preview() -> tuple[FxSettlement, bool]:
        found: list[tuple[FxSettlement, bool]] = []
        try:
            with tenant_transaction(tenant_id):
                found.append(_settle_once(tenant_id, known, principal.actor, now))
                force_constraints()
                raise _RolledBack
        except _RolledBack:
            return found[0]

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
    """Retried as long as Postgres asks for it; what a guard refuses becomes its refusal."""
    try:
        return retry_serialization(attempt)
    except IntegrityError as error:
        refusal = books.of_guard(error)
        if refusal is None:
            raise
        raise refusal from error


def _settle_once(tenant_id: int, request: SettlementRequest, actor: str, now: datetime) -> tuple[FxSettlement, bool]:
    own = settlement_queries.list_settlements(tenant_id, None)
    done = own.filter(client_id=request.client_id, idempotency_key=request.idempotency_key).first()
    if done is not None:
        if bytes(done.fingerprint) != request.fingerprint:
            raise KeyReused
        return done, False
    source, target = _accounts(tenant_id, request)
    conversion = _convert(tenant_id, request, source, target)
    if not calendar_memory.of(tenant_id).open_day(request.value_date):
        raise books.DayClosed(f"Business day {request.value_date} is closed: nothing is posted on or before it.")
    given = _given(tenant_id, request, actor, source, target, conversion)
    told = call("ledger_fx_settle_v1", tenant_id, as_jsonb(given))
    return own.get(id=told["id"]), True


def _accounts(tenant_id: int, request: SettlementRequest) -> tuple[Account, Account]:
    """:raises InvalidRequest: not two accounts of two currencies. :raises AccountNotActive: one takes no postings."""
    codes = {"from_account": request.from_code, "to_account": request.to_code}
    wanted = [code for code in codes.values() if "\x00" not in code]
    found = {account.code: account for account in Account.objects.filter(tenant_id=tenant_id, code__in=wanted)}
    problems, inactive = Problems(), Problems()
    for name, code in codes.items():
        if code not in found:
            problems.add(f"/{name}", f"{code} is no account of yours")
        elif found[code].role == CLEARING:
            problems.add(f"/{name}", f"{code} is a clearing account: settlements go through it, not from or to it")
        elif found[code].status != AccountStatus.ACTIVE:
            inactive.add(f"/{name}", f"{code} is {found[code].status}")
    if not problems.found and found[request.from_code].currency == found[request.to_code].currency:
        problems.add("/to_account", "must be of another currency than from_account; use a transfer instead")
    problems.refuse()
    if inactive.found:
        raise books.AccountNotActive(f"{inactive.found[0]['message']}.", errors=inactive.found)
    return found[request.from_code], found[request.to_code]


def _convert(tenant_id: int, request: SettlementRequest, source: Account, target: Account) -> Conversion:
    problems = Problems()
    minor = read_amount(problems, "/amount", request.amount, source.currency)
    problems.refuse()
    if minor <= 0:
        raise InvalidRequest("/amount must be above zero.", errors=[{"pointer": "/amount", "message": "is too small"}])
    rate = rates.usable(tenant_id, RateQuestion(source.currency, target.currency, request.as_of))
    conversion = rate.converts(source.currency, target.currency, minor)
    if not conversion.converted_minor:
        raise fx.AmountTooSmall
    return conversion


def _given(
    tenant_id: int,
    request: SettlementRequest,
    actor: str,
    source: Account,
    target: Account,
    conversion: Conversion,
) -> dict[str, Any]:
    """The argument of `ledger_fx_settle_v1`."""
    clearing = [AccountRef(CLEARING, account.currency) for account in (source, target)]
    ids = opening.find_or_open(tenant_id, clearing)
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
