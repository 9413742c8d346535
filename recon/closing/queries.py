"""Read business days, newest first, and their closes."""

import re
from datetime import date
from typing import Any, Final

from django.db.models import F, QuerySet

from ledger.models import Period, Reopening
from ledgersafe.values import cursors, moments
from ledgersafe.values.errors import DomainError, InvalidParameter
from recon.models import DayClose

#: No tenant's books start earlier.
_EARLIEST: Final = date(2000, 1, 1)
#: The end of a later day, in a zone west of Greenwich, may lie outside Python's calendar.
_LATEST: Final = date(9998, 12, 31)


class DayNotClosed(DomainError):
    """The day is not closed yet; its pack is made at the close."""

    code = "DAY_NOT_CLOSED"
    http_status = 409


def read_day(text: str) -> date:
    """Parse a business day like `2026-02-25`. :raises InvalidParameter: it is none, or outside the years of books."""
    day = moments.read_day(text)
    if day is None or not _EARLIEST <= day <= _LATEST:
        raise InvalidParameter(f"date must be a day, as 2026-02-25, from {_EARLIEST} to {_LATEST}.")
    return day


def list_periods(tenant_id: int, cursor: list[Any] | None) -> QuerySet[Period]:
    """Business days of a tenant, newest first, after a cursor, with their closes."""
    rows = Period.objects.filter(tenant_id=tenant_id).prefetch_related("closes__covered_by")
    if cursor is not None:
        rows = rows.filter(business_date__lt=cursors.position(cursor, cursors.day)[0])
    return rows.order_by("-business_date")


def standing_close(tenant_id: int, day: date) -> DayClose | None:
    """The close that is in effect; None while the day is open, even if it was closed before."""
    return _closes(tenant_id, day).filter(closed_at=F("period__closed_at")).first()


def position_of(row: Period) -> list[Any]:
    """The cursor position of a day in the list: its ISO date."""
    return [row.business_date.isoformat()]


def get_close(tenant_id: int, day: date, *, revision: int | None = None) -> DayClose:
    """The close in effect, or the one of a revision. :raises DayNotClosed: there is none."""
    if revision is None:
        close = standing_close(tenant_id, day)
    else:
        close = _closes(tenant_id, day).filter(revision=revision).first()
    if close is None:
        raise DayNotClosed
    return close


def get_closes(tenant_id: int, day: date) -> list[DayClose]:
    """Every close of a day, newest first."""
    return list(_closes(tenant_id, day).order_by("-revision"))


def last_reopening(tenant_id: int, period_id: int) -> Reopening | None:
    """The latest reopening of a day; None: it was never reopened."""
    rows = Reopening.objects.filter(tenant_id=tenant_id, period_id=period_id)
    return rows.order_by("-reopened_at").first()


def read_revision(text: str | None) -> int | None:
    """Parse the revision of a close; None stays None. :raises InvalidParameter: it is no number from 1 to 9999."""
    if text is None:
        return None
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise InvalidParameter("revision must be the number of a close, from 1.")
    return int(text)


def _closes(tenant_id: int, day: date) -> QuerySet[DayClose]:
    rows = DayClose.objects.select_related("tenant", "period", "covered_by__tenant", "covered_by__period")
    return rows.filter(tenant_id=tenant_id, business_date=day)
