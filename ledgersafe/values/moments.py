"""Read days and instants from text; no other module decides which texts are valid. Pure."""

import re
from datetime import UTC, date, datetime
from typing import Final

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def read_day(text: str) -> date | None:
    """Read a day like `2026-02-25`, else None. Python also accepts `2026-W09-3` and `20260225`; this does not."""
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_instant(text: str) -> datetime | None:
    """Read an instant with an offset, in UTC; None: not an instant, or outside the calendar.

    In UTC, because Postgres rejects offsets of 16 hours or more.
    """
    try:
        # A «+» that was not escaped arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
        return moment.astimezone(UTC) if "T" in text.upper() and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
