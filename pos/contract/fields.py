"""Read single values of the wire: text, codes, decimals, money, instants and days. Pure.

Every function returns the value, or raises `Invalid` with a message for the device's developer.
"""

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from ledgersafe.values.exact_json import Number, decimal_of
from ledgersafe.values.money import MoneyError, plain_to_minor, to_minor

#: Characters of a text, a code, a note; the largest number of a device; elements of a list.
MAX_TEXT: Final = 200
MAX_CODE: Final = 64
MAX_NOTE: Final = 2_000
MAX_SEQUENCE: Final = 2**63 - 1
MAX_ELEMENTS: Final = 2_000
SUPPORTED_SCHEMA_VERSION: Final = re.compile(r"v?1(\.\d{1,4}){0,2}", re.ASCII)

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:[0-5]\d)", re.ASCII)
_DECIMAL_TEXT: Final = re.compile(r"-?\d{1,24}(\.\d{1,24})?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Invalid(ValueError):
    """A field breaks the contract. `field`: the member at fault, where the value is an object."""

    def __init__(self, message: str, field: str = "") -> None:
        self.field = field
        super().__init__(message)


def text(value: Any) -> str:
    """Read a text of 1–200 printable characters, not all blank."""
    if type(value) is str and 0 < len(value) <= MAX_TEXT and value.isprintable() and not value.isspace():
        return value
    if not isinstance(value, str) or isinstance(value, Number) or not value:
        raise Invalid("must be a non-empty string")
    if len(value) > MAX_TEXT:
        raise Invalid(f"must have at most {MAX_TEXT} characters")
    raise Invalid("must not be blank or contain control or invisible characters")


def code(value: Any, limit: int) -> str:
    """Read a text of at most `limit` characters."""
    content = text(value)
    if len(content) > limit:
        raise Invalid(f"must have at most {limit} characters")
    return content


def short_code(value: Any) -> str:
    """Read the code of a store, register, tax or the like: up to 64 characters."""
    return code(value, MAX_CODE)


def long_code(value: Any) -> str:
    """Read an id that another system gives: up to 200 characters."""
    return code(value, MAX_TEXT)


def number_or_code(value: Any) -> str:
    """Read an id within one event; tills count lines, so 2 is as good as "2"."""
    return str(value) if type(value) is int else long_code(value)


def reference(value: Any) -> str:
    """Read the name of a payment elsewhere, like an authorisation: up to 200 characters, or a whole number.

    Anything else is read as empty, and stays in bronze alone: no money depends on it, and tills sent all sorts of
    things before the contract had this field. Raises nothing.
    """
    if type(value) is int:
        return str(value) if abs(value) < MAX_SEQUENCE else ""
    try:
        return long_code(value)
    except Invalid:
        return ""


def sequence_number(value: Any) -> int:
    """Read a device's number of an event: a JSON integer from 1 to 2^63 - 1."""
    if type(value) is int and 1 <= value <= MAX_SEQUENCE:
        return value
    raise Invalid(f"must be a whole number from 1 to {MAX_SEQUENCE}")


def note(value: Any) -> str:
    """Read free text of up to 2,000 characters; NUL is refused, because Postgres keeps none."""
    if not isinstance(value, str) or isinstance(value, Number):
        raise Invalid("must be a string")
    if len(value) > MAX_NOTE or "\x00" in value:
        raise Invalid(f"must have at most {MAX_NOTE} characters and no NUL")
    return value


def decimal(value: Any) -> Decimal:
    """Read a JSON number or decimal text, exactly."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, Number):
        return decimal_of(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL_TEXT.fullmatch(value):
        return Decimal(value)
    raise Invalid("must be a decimal number")


def rate_text(value: Any) -> str:
    """Read a tax rate as canonical text (`0.2`): it names an account, so equal rates must read alike."""
    text = format(decimal(value).normalize(), "f")
    if len(text) > 20:
        raise Invalid("has too many digits")
    return text


def money(value: Any, currency: str) -> int:
    """Read a JSON number or decimal text in major units as minor units of the currency, exactly."""
    if type(value) is int:
        amount: int | Decimal = value
    else:
        if isinstance(value, str):
            plain = plain_to_minor(value[1:-1] if type(value) is Number else value, currency)
            if plain is not None:
                return plain
        amount = decimal(value)
    try:
        return to_minor(amount, currency)
    except MoneyError as error:
        raise Invalid(str(error)) from None


def instant(value: Any) -> datetime:
    """Read an RFC 3339 instant with an offset, in UTC."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise Invalid("must be an RFC 3339 instant with an offset, like 2026-02-25T09:30:00Z")
    try:
        return datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("is no instant that exists") from None


def day(value: Any) -> date:
    """Read a calendar day, `2026-02-25`."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise Invalid("must be a day, like 2026-02-25")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Invalid("is no day that exists") from None
