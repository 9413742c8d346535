"""Refusals of a close, one type per blocker."""

from ledgersafe.values.errors import DomainError


class DayNotOver(DomainError):
    """The business day is not over yet; close it after its cut-off, by the clock of every store."""

    code = "DAY_NOT_OVER"
    http_status = 409


class EarlierDayOpen(DomainError):
    """An earlier business day is still open; days are closed in order."""

    code = "EARLIER_DAY_OPEN"
    http_status = 409


class DayNotReady(DomainError):
    """Held events of the day wait for a decision; decide them, or close all the same and say why."""

    code = "DAY_NOT_READY"
    http_status = 409


class DrawersOpen(DomainError):
    """Drawers that were opened before the end of the day are not closed yet; close them, or force."""

    code = "DRAWERS_OPEN"
    http_status = 409


class CurrencyWithoutRate(DomainError):
    """A clearing account cannot be valued: there is no usable rate at the end of the day; record one, or force."""

    code = "FX_RATE_MISSING"
    http_status = 409


class ForceNotAllowed(DomainError):
    """Closing a day with undecided events is not within this key's or role's rights."""

    code = "FORCE_NOT_ALLOWED"
    http_status = 403
