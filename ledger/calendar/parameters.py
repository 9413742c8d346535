"""Read days and instants from query parameters. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from ledgersafe.values.errors import InvalidParameter
from ledgersafe.values.moments import read_day, read_instant


def day_of(parameters: Mapping[str, str], name: str) -> date | None:
    """Read a business day; None when the parameter is missing. :raises InvalidParameter: it is no day."""
    text = parameters.get(name)
    if not text:
        return None
    day = read_day(text)
    if day is None:
        raise InvalidParameter(f"{name} must be a day, like 2026-02-25.")
    return day


def span_of_days(parameters: Mapping[str, str]) -> tuple[date | None, date | None]:
    """Read `from` and `to`, both inclusive. :raises InvalidParameter: one is no day, or `to` lies before `from`."""
    first, last = day_of(parameters, "from"), day_of(parameters, "to")
    if first and last and last < first:
        raise InvalidParameter("to must not lie before from.")
    return first, last


def moment_of(parameters: Mapping[str, str], name: str) -> date | datetime | None:
    """Read an instant or a business day; None when the parameter is missing. :raises InvalidParameter: neither."""
    text = parameters.get(name)
    if not text:
        return None
    moment = read_day(text) or read_instant(text)
    if moment is None:
        raise InvalidParameter(f"{name} must be an instant with an offset or a day, like 2026-02-25.")
    return moment


def day_before(day: date) -> date:
    """Return the day before; of `date.min`, on which nothing is ever posted, the day itself."""
    return day - timedelta(days=1) if day > date.min else day
