"""Read the query parameters that lists and reports of sales share. Pure."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from ledger.calendar import span_of_days
from ledgersafe.values.errors import InvalidParameter

MAX_DAYS: Final = 400


def read_span(parameters: Mapping[str, str], today: date) -> tuple[date, date]:
    """Read `from` and `to`, both included; one alone is that day, none is today.

    :raises InvalidParameter: invalid days, in the wrong order, or more than `MAX_DAYS`.
    """
    first, last = span_of_days(parameters)
    first, last = first or last or today, last or first or today
    if last - first >= timedelta(days=MAX_DAYS):
        raise InvalidParameter(f"A report spans at most {MAX_DAYS} days.")
    return first, last


def read_store(parameters: Mapping[str, str]) -> str | None:
    """Read `store_id`, or None. :raises InvalidParameter: it contains NUL, which Postgres cannot store."""
    text = parameters.get("store_id") or None
    if text is not None and "\x00" in text:
        raise InvalidParameter("store_id must not contain a NUL character.")
    return text
