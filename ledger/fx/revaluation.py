"""Revalue the clearing accounts at the end of a day: the residual becomes gain or loss, in one journal."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from ledger.accounts import AccountRef, find_or_open
from ledger.fx import positions as clearing
from ledger.fx.positions import Position
from ledger.journals import JournalDraft, NewJournal, posting
from ledger.models import FxRevaluation
from ledger.periods import calendar_of
from ledgersafe.postgres.db import require_transaction

KIND: Final = "REVALUATION"
_RULES: Final = 1


@dataclass(frozen=True, slots=True)
class RevaluationResult:
    """The result of a day's revaluation.

    `without_rate`: currencies without a usable rate; with any, nothing is posted and the residual is None.
    `residual_minor`: minor units of the base currency; debit positive, which is a loss.
    `journal_id`: None when nothing was posted.
    """

    day: date
    positions: tuple[Position, ...]
    without_rate: tuple[str, ...]
    residual_minor: int | None
    journal_id: int | None


@dataclass(frozen=True, slots=True)
class _Context:
    """The actor of a revaluation, the instant of its rates, and the current instant."""

    actor: str
    at: datetime
    now: datetime


def revalue(tenant_id: int, day: date, *, actor: str, now: datetime) -> RevaluationResult:
    """Value every clearing balance at the rates of the day's end, and book the residual; operation.

    Called just before an existing day is sealed. It takes the day's lock exclusively, as sealing does: nobody posts
    between the reading and the seal. A second call without postings in between books nothing. At most nine statements.

    :raises django.db.IntegrityError: the day is closed.
    """
    require_transaction()
    _await_posters(tenant_id, day)
    at = calendar_of(tenant_id).end_of(day) - timedelta(microseconds=1)
    positions = clearing.read(tenant_id, day, at=at)
    missing, residual = clearing.without_rate(positions), clearing.residual(positions)
    journal_id = None
    if residual:
        journal_id = _book(tenant_id, day, positions, residual, _Context(actor, at, now))
    return RevaluationResult(day, tuple(positions), tuple(missing), residual, journal_id)


def _await_posters(tenant_id: int, day: date) -> None:
    """Wait for running posters of the day, and keep new ones out until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(ledger_day_lock_v1(%s, %s))", [tenant_id, day])


def _book(tenant_id: int, day: date, positions: list[Position], residual: int, context: _Context) -> int:
    base = positions[0].base_currency
    number = 1 + FxRevaluation.objects.filter(tenant_id=tenant_id, business_date=day).count()
    lines = [(AccountRef("FX_GAIN_LOSS", base), residual), (AccountRef("FX_CLEARING", base), -residual)]
    journal = NewJournal(
        source="fx",
        source_key=f"revaluation:{day}:{number}",
        revision=1,
        draft=JournalDraft.of(KIND, lines),
        business_date=day,
        occurred_at=context.at,
        external_ref=f"revaluation:{day}",
        rules_version=_RULES,
    )
    (journal_id,) = posting.post(tenant_id, [journal], find_or_open(tenant_id, [ref for ref, _ in lines]))
    FxRevaluation.objects.create(
        tenant_id=tenant_id,
        business_date=day,
        number=number,
        currency=base,
        residual_minor=residual,
        positions=[_position_json(position) for position in positions],
        journal_id=journal_id,
        actor=context.actor,
        created_at=context.now,
    )
    return journal_id


def _position_json(position: Position) -> dict[str, Any]:
    """Return a position as valued, in whole numbers and texts, so that `verify_books` can compute it again."""
    conversion = position.conversion
    return {
        "ccy": position.currency,
        "balance_minor": position.balance_minor,
        "value_minor": position.value_minor,
        "rate_id": conversion.rate.id if conversion else None,
        "rate": conversion.rate.text if conversion else None,
        "inverted": conversion.inverted if conversion else None,
        "shift": conversion.shift if conversion else None,
    }
