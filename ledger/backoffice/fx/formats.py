"""Format instants, amounts and links for the pages about foreign currency."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from ledgersafe.values.money_text import grouped


def minute(at: datetime) -> str:
    """Format an instant to the minute, in UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def page_of(model: str, page: str, *args: Any, **query: Any) -> str:
    """Return a back-office URL: `page_of("fxrate", "change", 7)`."""
    url = reverse(f"admin:ledger_{model}_{page}", args=args)
    return f"{url}?{urlencode(query)}" if query else url


def amount(minor: int, currency: str) -> str:
    """Format minor units: `1,234.56 USD`."""
    return f"{grouped(minor, currency)} {currency}"
