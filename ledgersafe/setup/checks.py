"""Check names, codes and settings. Each refusal names its field."""

import re
from collections.abc import Collection
from datetime import date, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledgersafe.tenants import event_types
from ledgersafe.values.errors import InvalidParameter
from ledgersafe.values.money import MoneyError, is_currency, to_minor

MAX_CODE: Final = 64
MAX_NAME: Final = 200
LONGEST_WINDOW_DAYS: Final = 365
LONGEST_NEARNESS_SECONDS: Final = 3_600
EARLIEST_START: Final = date(2000, 1, 1)
LONGEST_WAIT: Final = timedelta(days=366)
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def check_slug(slug: str) -> None:
    """Check a tenant's slug.

    :raises InvalidParameter: like all functions here.
    """
    if not _SLUG.fullmatch(slug):
        raise InvalidParameter(
            f"{slug!r} is not a slug: use lower-case letters, digits, - and _, at most 64.", field="slug"
        )


def check_text(what: str, text: str, limit: int, *, field: str, empty: bool = False) -> None:
    """Check that a text is printable, within the limit, and not blank unless `empty`."""
    if len(text) > limit or not text.isprintable() or (not empty and not text.strip()):
        size = f"{'up to' if empty else '1 to'} {limit}"
        raise InvalidParameter(f"{what} must have {size} printable characters.", field=field)


def check_name(name: str) -> None:
    """Check a name for people; it may be empty."""
    check_text("The name", name, MAX_NAME, field="name", empty=True)


def check_code(what: str, code: str, *, field: str = "code") -> None:
    """Check a store's or register's code, exactly as its tills send it."""
    check_text(what, code, MAX_CODE, field=field)
    if code != code.strip():
        raise InvalidParameter(f"{what} must not begin or end with a space: tills send it exactly.", field=field)


def check_currency(currency: str) -> None:
    """Check an ISO 4217 code."""
    if not is_currency(currency):
        raise InvalidParameter(f"{currency!r} is not an ISO 4217 currency code, like USD.", field="base_currency")


def check_time_zone(name: str) -> None:
    """Check an IANA time zone name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidParameter(f"{name!r} is not a time zone. Example: Europe/Athens.", field="time_zone") from None


def read_cut_off(text: str) -> time:
    """Read the local time at which the business day ends, like `"23:59"`."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise InvalidParameter(f"{text!r} is not a time of day. Example: 23:59.", field="cut_off")
    return time(int(match.group(1)), int(match.group(2)))


def read_event_types(names: Collection[str]) -> list[str]:
    """Return the types in the contract's order, each once."""
    unknown = sorted(set(names) - set(event_types.NAMES))
    if unknown:
        known = ", ".join(event_types.NAMES)
        raise InvalidParameter(
            f"Unknown event type {', '.join(unknown)}; choose from {known}.", field="enabled_event_types"
        )
    return [kind for kind in event_types.NAMES if kind in names]


def check_late_window(days: int) -> None:
    """Check the late window: 0 to 365 days."""
    if not 0 <= days <= LONGEST_WINDOW_DAYS:
        raise InvalidParameter(
            f"The late window must be 0 to {LONGEST_WINDOW_DAYS} days, not {days}.", field="late_window_days"
        )


def check_near_duplicates(seconds: int) -> None:
    """Check the window for near duplicates: 0 to 3,600 seconds."""
    if not 0 <= seconds <= LONGEST_NEARNESS_SECONDS:
        raise InvalidParameter(
            f"The near-duplicate window must be 0 to {LONGEST_NEARNESS_SECONDS} seconds, not {seconds}.",
            field="near_duplicate_seconds",
        )


def read_books_start(text: str, *, today: date) -> date:
    """Read the first business day of the books, like `"2026-01-01"`: since 2000, at most a year ahead."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise InvalidParameter(f"{text!r} is not a date. Example: 2026-01-01.", field="books_start")
    if not EARLIEST_START <= day <= today + LONGEST_WAIT:
        raise InvalidParameter("The books must start after 1999, and at most a year from now.", field="books_start")
    return day


def read_limit(text: str | None, currency: str, *, field: str) -> int | None:
    """Read a limit in minor units; None: there is none."""
    if text is None:
        return None
    try:
        minor = to_minor(text, currency)
    except MoneyError as error:
        raise InvalidParameter(f"The limit {error}: an amount in {currency}, like 500.", field=field) from None
    if minor < 0:
        raise InvalidParameter("The limit must not be negative.", field=field)
    return minor
