"""Use case: undo a transfer's journal by its mirror, once. The reversal is a command with a key of its own."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError

from ledger import calendars, posting, refusals
from ledger.models import Journal, Transfer
from ledger.posting import Reversal
from ledgersafe import exact_json, metrics
from ledgersafe.db import force_constraints, retry_serialization, tenant_transaction
from ledgersafe.errors import NotFound
from ledgersafe.idempotency.answers import KeyReused


@dataclass(frozen=True, slots=True)
class ReversalRequest:
    """`POST /v1/journals/{id}/reverse`. `value_date` None: the tenant's current business day."""

    journal_id: int
    idempotency_key: str
    memo: str
    value_date: date | None

    @property
    def fingerprint(self) -> bytes:
        """Of what was asked; no transfer has the same."""
        day = self.value_date.isoformat() if self.value_date else None
        said = {"reverses": self.journal_id, "memo": self.memo, "value_date": day}
        return exact_json.fingerprint(exact_json.canonical_text(said))


def reverse_journal(*, tenant_id: int, request: ReversalRequest, actor: str, now: datetime) -> tuple[Transfer, bool]:
    """Mirror a journal on an open day.

    :returns: the command that was carried out, and whether it was now.
    :raises ledgersafe.errors.NotFound: the tenant has no such journal.
    :raises DomainError: KeyReused, AlreadyReversed, NotReversible, DayClosed, AccountNotActive, FloorReached.
    """

    def attempt() -> tuple[Transfer, bool]:
        with tenant_transaction(tenant_id):
            done = _find(tenant_id, actor, request)
            if done is not None:
                return done, False
            _check(tenant_id, request.journal_id)
            written = _reverse(tenant_id, request, actor, now)
            force_constraints()
            return written, True

    try:
        command, is_new = retry_serialization(attempt)
    except IntegrityError as error:
        metrics.ledger_transactions.labels("fail").inc()
        refusal = refusals.of_guard(error)
        if refusal is None:
            raise
        raise refusal from error
    metrics.ledger_transactions.labels("ok" if is_new else "duplicate").inc()
    return command, is_new


def _find(tenant_id: int, actor: str, request: ReversalRequest) -> Transfer | None:
    done = Transfer.objects.filter(
        tenant_id=tenant_id, client_id=actor, idempotency_key=request.idempotency_key
    ).first()
    if done is not None and bytes(done.fingerprint) != request.fingerprint:
        raise KeyReused
    return done


def _check(tenant_id: int, journal_id: int) -> None:
    journal = Journal.objects.filter(tenant_id=tenant_id, id=journal_id).first()
    if journal is None:
        raise NotFound("There is no such journal.")
    if journal.source != "transfer":
        raise refusals.NotReversible
    if journal.reverses_id is not None:
        raise refusals.NotReversible("A reversal is not reversed; make the transfer again.")
    if Journal.objects.filter(tenant_id=tenant_id, reverses_id=journal_id).exists():
        raise refusals.AlreadyReversed


def _reverse(tenant_id: int, request: ReversalRequest, actor: str, now: datetime) -> Transfer:
    """Two that reverse the same journal meet at its unique index: the second tries again, and finds it reversed."""
    calendar = calendars.of(tenant_id)
    day = request.value_date or calendar.day_of(now)
    if not calendar.open_day(day):
        raise refusals.DayClosed(f"Business day {day} is closed: nothing is posted on or before it.")
    reversal_id = posting.reverse(tenant_id, [Reversal(request.journal_id, day, now)])[request.journal_id]
    command = Transfer.objects.create(
        tenant_id=tenant_id,
        client_id=actor,
        idempotency_key=request.idempotency_key,
        fingerprint=request.fingerprint,
        journal_id=reversal_id,
        actor=actor,
        memo=request.memo,
    )
    command.refresh_from_db(fields=["created_at"])
    return command
