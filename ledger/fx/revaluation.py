"""Revaluation: what the clearing accounts are off by at the end of a day becomes gain or loss, in one journal."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from ledger.accounts import opening
from ledger.accounts.chart import AccountRef
from ledger.fx import positions as clearing
from ledger.fx.positions import Position
from ledger.journals import posting
from ledger.journals.draft import JournalDraft
from ledger.journals.posting import NewJournal
from ledger.models import FxRevaluation
from ledger.periods import calendar_memory
from ledgersafe.postgres.db import require_transaction

KIND: Final = "REVALUATION"
_RULES: Final = 1


@dataclass(frozen=True, slots=True)
class RevaluationResult:
    """What a day's revaluation came to.

    `without_rate`: currencies that cannot be valued; then nothing was posted, and the residual is None.
    `residual_minor`: debit positive, a loss; in minor units of the base currency. `journal_id`: None when it was zero.
    """

    day: date
    positions: tuple[Position, ...]
    without_rate: tuple[str, ...]
    residual_minor: int | None
    journal_id: int | None


@dataclass(frozen=True, slots=True)
class Order:
    """Who has it revalued, as of what instant, and when."""

    actor: str
    at: datetime
    now: datetime


def revalue(tenant_id: int, day: date, *, actor: str, now: datetime) -> RevaluationResult:
    """Value every clearing balance at the rates of the day's end, and book what is left over; operation.

    Called just before a day is sealed, and the day exists. It takes the day's lock alone, as sealing does: nobody posts
    between the reading and the seal. Again, with nothing posted since: nothing. Nine statements at most.

    :raises django.db.IntegrityError: the day is closed.
    """
    require_transaction()
    _await_posters(tenant_id, day)
    at = calendar_memory.of(tenant_id).end_of(day) - timedelta(microseconds=1)
    positions = clearing.read(tenant_id, day, at=at)
    missing, residual = clearing.without_rate(positions), clearing.residual(positions)
    journal_id = None
    if residual:
        journal_id = _book(tenant_id, day, positions, residual, Order(actor, at, now))
    return RevaluationResult(day, tuple(positions), tuple(missing), residual, journal_id)


def _await_posters(tenant_id: int, day: date) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(ledger_day_lock_v1(%s, %s))", [tenant_id, day])


def _book(tenant_id: int, day: date, positions: list[Position], residual: int, order: Order) -> int:
    base = positions[0].base_currency
    number = 1 + FxRevaluation.objects.filter(tenant_id=tenant_id, business_date=day).count()
    lines = [(AccountRef("FX_GAIN_LOSS", base), residual), (AccountRef("FX_CLEARING", base), -residual)]
    entry = NewJournal(
        source="fx",
        source_key=f"revaluation:{day}:{number}",
        revision=1,
        draft=JournalDraft.of(KIND, lines),
        business_date=day,
        occurred_at=order.at,
        external_ref=f"revaluation:{day}",
        rules_version=_RULES,
    )
    (journal_id,) = posting.post(tenant_id, [entry], opening.find_or_open(tenant_id, [ref for ref, _ in lines]))
    FxRevaluation.objects.create(
        tenant_id=tenant_id,
        business_date=day,
        number=number,
        currency=base,
        residual_minor=residual,
        positions=[_told(position) for position in positions],
        journal_id=journal_id,
        actor=order.actor,
        created_at=order.now,
    )
    return journal_id


def _told(position: Position) -> dict[str, Any]:
    """A position as it was valued: whole numbers and texts, so that it can be worked out again."""
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
