"""Refusals of the books, and the refusal that belongs to a guard's error in Postgres."""

from collections.abc import Mapping
from typing import Final

from django.db import IntegrityError

from ledger.accounts import InvalidRequest
from ledger.refusals.drawers import DrawerClosed, ExceedsOriginal
from ledgersafe.postgres.db import cause_of
from ledgersafe.values.errors import DomainError


class AccountNotActive(DomainError):
    """A blocked or closed account takes no postings."""

    code = "ACCOUNT_NOT_ACTIVE"
    http_status = 409


class DayClosed(DomainError):
    """The business day is closed: nothing is posted on or before it."""

    code = "DAY_CLOSED"
    http_status = 409


class BeforeBooksStart(DomainError):
    """The books start on a later day; a tenant administrator can move the start."""

    code = "BEFORE_BOOKS_START"
    http_status = 409


class FloorReached(DomainError):
    """An account may not go below its floor."""

    code = "INSUFFICIENT_FUNDS"
    http_status = 409


class AlreadyReversed(DomainError):
    """The journal is reversed already."""

    code = "ALREADY_REVERSED"
    http_status = 409


class NotReversible(DomainError):
    """A till event's journal is not reversed here: decide its exception, or send a correcting event."""

    code = "NOT_REVERSIBLE"
    http_status = 409


_BY_CONSTRAINT: Final[Mapping[str, type[DomainError]]] = {
    "journals_open_day": DayClosed,
    "periods_after_last_close": DayClosed,
    "periods_from_books_start": BeforeBooksStart,
    "postings_account_agrees": AccountNotActive,
    "accounts_floor": FloorReached,
    "postings_balanced": InvalidRequest,
    "financial_transactions_drawer_open": DrawerClosed,
    "order_totals_refunds_within_sales": ExceedsOriginal,
}


def refusal_of(error: IntegrityError) -> DomainError | None:
    """Return the refusal for a guard's error; None when no request can cause that error."""
    constraint = getattr(getattr(cause_of(error), "diag", None), "constraint_name", None)
    refusal = _BY_CONSTRAINT.get(constraint or "")
    return refusal() if refusal is not None else None
