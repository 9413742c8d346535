"""Run a statement for a close, and write its values as text."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from django.db import connection

from ledgersafe.values.money import to_decimal_text
from recon.models import DayClose

CHUNK: Final = 2_000
#: Restricts a reopened day to what its close saw: journals recorded after a reopening are younger (guard on journals).
RECORDED_BEFORE: Final = "AND j.recorded_at <= %(at)s"


def sides_text(minor: int, currency: str) -> tuple[str, str]:
    """Split a balance in minor units into (debit, credit) text: one side is empty, neither has a sign."""
    text = to_decimal_text(abs(minor), currency) if minor else ""
    return (text, "") if minor > 0 else ("", text)


def read_rows(sql: str, close: DayClose, **more: Any) -> Iterator[tuple[Any, ...]]:
    """Run a statement for a close through a server-side cursor: a day may have any number of postings."""
    with connection.chunked_cursor() as cursor:
        values: dict[str, Any] = {
            "tenant": close.tenant_id,
            "day": close.business_date,
            "close": close.pk,
            "at": close.closed_at,
            "starts": close.period.starts_at,
            "ends": close.period.ends_at,
            **more,
        }
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def instant(value: datetime | None) -> str:
    """ISO 8601 in UTC with a trailing Z; empty for None."""
    return value.isoformat().replace("+00:00", "Z") if value is not None else ""
