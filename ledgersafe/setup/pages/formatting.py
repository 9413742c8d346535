"""Format links, instants and notes for the set-up pages."""

from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince, timeuntil

from ledgersafe.backoffice.pages import Cell

#: Rows of a card; its list shows all.
SHOWN: Final = 20


def link(model: str, page: str, *args: Any, **query: Any) -> str:
    """Build a back-office URL: `link("store", "changelist", tenant__id__exact=7)`."""
    url = reverse(f"admin:tenants_{model}_{page}", args=args)
    return f"{url}?{urlencode(query)}" if query else url


def moment(at: datetime | None, never: str = "–") -> Any:
    """Format an instant, with how long ago or how far ahead it is."""
    if at is None:
        return Cell(never)
    now = timezone.now()
    away = "just now"
    if abs(now - at) >= timedelta(minutes=1):
        away = f"in {timeuntil(at, now)}" if at > now else f"{timesince(at, now)} ago"
    return Cell(f"{at:%Y-%m-%d %H:%M} UTC", small=away.replace("\xa0", " "))


def minute(at: datetime | None) -> str | None:
    """Format an instant for a list."""
    return f"{at:%Y-%m-%d %H:%M}" if at else None


def more_note(total: int, what: str) -> str:
    """Say how many rows the card leaves out."""
    return f"The first {SHOWN} of {total}; the {what} list shows all." if total > SHOWN else ""
