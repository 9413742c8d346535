"""What a question about the books names as its moment: an instant, or a business day. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final

from ledgersafe.errors import InvalidParameter

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def day_of(parameters: Mapping[str, str], name: str) -> date | None:
    """A business day, or None when it is not named. :raises InvalidParameter: it is something else."""
    text = parameters.get(name)
    if not text:
        return None
    try:
        # Not all that Python reads: `2026-W09-3` and `20260225` are dates to it.
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidParameter(f"{name} must be a day, like 2026-02-25.")


def span_of_days(parameters: Mapping[str, str]) -> tuple[date | None, date | None]:
    """`from` and `to`, both included. :raises InvalidParameter: one is no day, or they are the wrong way round."""
    first, last = day_of(parameters, "from"), day_of(parameters, "to")
    if first and last and last < first:
        raise InvalidParameter("to must not lie before from.")
    return first, last


def moment_of(parameters: Mapping[str, str], name: str) -> date | datetime | None:
    """An instant in UTC, or a business day, or None. :raises InvalidParameter: it is neither."""
    text = parameters.get(name)
    if not text:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        # A «+» that was not escaped arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        if "T" in text.upper() and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidParameter(f"{name} must be an instant with an offset or a day, like 2026-02-25.")


def day_before(day: date) -> date:
    """Of the first day there is, on which nothing is ever posted, the day itself."""
    return day - timedelta(days=1) if day > date.min else day
