"""Reverse a transfer's journal once: the use case. A reversal is a command with its own idempotency key."""

from datetime import datetime

from django.db import IntegrityError

from ledger.journals import JournalReversal, posting
from ledger.models import Journal, Transfer
from ledger.periods import calendar_of
from ledger.refusals import books
from ledger.transfers import clients
from ledger.transfers.requests import ReversalRequest
from ledgersafe.idempotency.stored_answers import KeyReused
from ledgersafe.postgres.db import force_constraints, retry_serialization, tenant_transaction
from ledgersafe.telemetry import metrics
from ledgersafe.tenants.principals import Principal
from ledgersafe.values.errors import NotFound


def reverse_journal(*, principal: Principal, request: ReversalRequest, now: datetime) -> tuple[Transfer, bool]:
    """Post the mirror of a transfer's journal on an open day, once per key.

    :returns: the command, and True when this call carried it out (False: an earlier one).
    :raises ledgersafe.values.errors.NotFound: the tenant has no such journal.
    :raises DomainError: KeyReused, AlreadyReversed, NotReversible, DayClosed, AccountNotActive, FloorReached.
    """

    tenant_id = principal.tenant_id
    (known,) = clients.with_recorded_clients(Transfer.objects, principal, [request])

    def attempt() -> tuple[Transfer, bool]:
        with tenant_transaction(tenant_id):
            earlier = _find(tenant_id, known)
            if earlier is not None:
                return earlier, False
            _check(tenant_id, request.journal_id)
            written = _reverse(tenant_id, known, principal.actor, now)
            force_constraints()
            return written, True

    try:
        command, is_new = retry_serialization(attempt)
    except IntegrityError as error:
        metrics.ledger_transactions.labels("fail").inc()
        refusal = books.refusal_of(error)
        if refusal is None:
            raise
        raise refusal from error
    metrics.ledger_transactions.labels("ok" if is_new else "duplicate").inc()
    return command, is_new


def _find(tenant_id: int, request: ReversalRequest) -> Transfer | None:
    earlier = Transfer.objects.filter(
        tenant_id=tenant_id, client_id=request.client_id, idempotency_key=request.idempotency_key
    ).first()
    if earlier is not None and bytes(earlier.fingerprint) != request.fingerprint:
        raise KeyReused
    return earlier


def _check(tenant_id: int, journal_id: int) -> None:
    journal = Journal.objects.filter(tenant_id=tenant_id, id=journal_id).first()
    if journal is None:
        raise NotFound("There is no such journal.")
    if journal.source == "fx":
        raise books.NotReversible(
            "A settlement is not reversed: settle in the other direction, at the rate of that day."
        )
    if journal.source != "transfer":
        raise books.NotReversible
    if journal.reverses_id is not None:
        raise books.NotReversible("A reversal is not reversed: post the transfer again.")
    if Journal.objects.filter(tenant_id=tenant_id, reverses_id=journal_id).exists():
        raise books.AlreadyReversed


def _reverse(tenant_id: int, request: ReversalRequest, actor: str, now: datetime) -> Transfer:
    """Post the reversal. Of two that race, the second fails at the unique index, retries, and finds it reversed."""
    calendar = calendar_of(tenant_id)
    day = request.value_date or calendar.day_of(now)
    if not calendar.open_day(day):
        raise books.DayClosed(f"Business day {day} is closed: nothing is posted on or before it.")
    reversal_id = posting.reverse(tenant_id, [JournalReversal(request.journal_id, day, now)])[request.journal_id]
    command = Transfer.objects.create(
        tenant_id=tenant_id,
        client_id=request.client_id,
        idempotency_key=request.idempotency_key,
        fingerprint=request.fingerprint,
        journal_id=reversal_id,
        actor=actor,
        memo=request.memo,
    )
    command.refresh_from_db(fields=["created_at"])
    return command
