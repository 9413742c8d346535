"""Reading business days, newest first, and the close of one."""

import re
from datetime import date
from typing import Any

from django.db.models import QuerySet

from ledger.models import Period
from ledgersafe.errors import DomainError, InvalidParameter
from recon.models import DayClose


class DayNotClosed(DomainError):
    """The day is not closed yet; its pack is made at the close."""

    code = "DAY_NOT_CLOSED"
    http_status = 409


def read_day(text: str) -> date:
    """:raises InvalidParameter: it is no date as `2026-02-25`."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidParameter("date must be a day, as 2026-02-25.")


def list_periods(tenant_id: int, cursor: list[Any] | None) -> QuerySet[Period]:
    """Business days, newest first, from a cursor on."""
    rows = Period.objects.filter(tenant_id=tenant_id).prefetch_related("closes")
    if cursor is not None:
        if len(cursor) != 1 or not isinstance(cursor[0], str):
            raise InvalidParameter("cursor is not a next_cursor of this list.")
        rows = rows.filter(business_date__lt=read_day(cursor[0]))
    return rows.order_by("-business_date")


def position_of(row: Period) -> list[Any]:
    """Where a day stands in the list, as a cursor keeps it."""
    return [row.business_date.isoformat()]


def get_close(tenant_id: int, day: date) -> DayClose:
    """The close of a day. :raises DayNotClosed: there is none."""
    rows = DayClose.objects.select_related("tenant", "period")
    close = rows.filter(tenant_id=tenant_id, business_date=day).first()
    if close is None:
        raise DayNotClosed
    return close
