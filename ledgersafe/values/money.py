"""Exact money: integer minor units inside, exact decimals at the edge, no rounding on the way in.

Currencies and their exponents come from ISO 4217 (package `iso4217`; CLDR's differ: IQD has 3).
"""

from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Final

from babel.core import get_global
from iso4217 import Currency

#: Largest amount of one line or total: |x| ≤ 10^15 minor units, so that sums stay far inside bigint.
MAX_MINOR: Final = 10**15
_MAX_DIGITS: Final = 15
_SHORT: Final = 20
#: Numbers with so few digits stay below `MAX_MINOR` in every currency, since none has more than four decimals.
_PLAIN: Final = 11

_EXPONENTS: Final[dict[str, int]] = {c.code: c.exponent for c in Currency if c.exponent is not None}
#: Every ISO 4217 code that has minor units.
CURRENCIES: Final = frozenset(_EXPONENTS)

#: Smallest coin in minor units where CLDR names none: the practice of AU, NZ, SG, MY, IL, ZA and,
#: for the euro, of FI, NL, BE, IE, IT, EE and SK. CLDR says 1 forint; the smallest coin is 5.
_SMALLEST_COIN: Final = {"HUF": 500, "AUD": 5, "NZD": 10, "SGD": 5, "MYR": 5, "ILS": 10, "ZAR": 10, "EUR": 5}


class MoneyError(ValueError):
    """Text is not an exact amount of the currency. `str(error)` says why, for people."""


def is_currency(code: object) -> bool:
    """Tell whether this is an ISO 4217 code with minor units (no metals, no test codes)."""
    return isinstance(code, str) and code in _EXPONENTS


def exponent(currency: str) -> int:
    """Return a currency's number of decimals: USD 2, JPY 0, IQD 3.

    :raises KeyError: unknown currency.
    """
    return _EXPONENTS[currency]


def to_minor(amount: int | str | Decimal, currency: str) -> int:
    """Convert major units to integer minor units, exactly: never rounded, else refused.

    :param amount: an int, a Decimal, or decimal text (`"42.50"`).
    :raises MoneyError: not a number, not finite, more decimals than the currency has, or too large.
    """
    if isinstance(amount, int):
        return _bounded(amount * 10 ** _EXPONENTS[currency])
    places = _EXPONENTS[currency]
    try:
        value = Decimal(amount)
    except InvalidOperation:
        raise MoneyError("is not a decimal number") from None
    if not value.is_finite():
        raise MoneyError("is not a finite number")
    if value and value.adjusted() + places > _MAX_DIGITS:
        raise MoneyError("is too large")
    if len(text := str(value)) <= _SHORT and "E" not in text:
        # Short plain text, as nearly all amounts are: exact in Decimal's 28 digits, and faster.
        scaled = value.scaleb(places)
        if scaled == (minor := int(scaled)):
            return _bounded(minor)
    # Integers only from here: Decimal's own arithmetic rounds to 28 digits and would hide a 29th.
    sign, digits, power = value.as_tuple()
    whole, shift = int("".join(map(str, digits))), int(power) + places
    whole, rest = (whole * 10**shift, 0) if shift >= 0 else divmod(whole, 10**-shift)
    if rest:
        raise MoneyError(f"has more decimals than {currency} has ({places})")
    return _bounded(-whole if sign else whole)


def plain_to_minor(text: str, currency: str) -> int | None:
    """Convert short plain text (`42.50`, `7`) like `to_minor`, but faster; None: use `to_minor`."""
    places = _EXPONENTS[currency]
    whole, point, part = text.partition(".")
    digits = whole + part
    if not digits.isdigit() or not digits.isascii() or len(digits) > _PLAIN or len(part) > places:
        return None
    if not whole or bool(point) != bool(part):
        return None
    minor: int = int(digits) * 10 ** (places - len(part))
    return minor


def _bounded(minor: int) -> int:
    if abs(minor) > MAX_MINOR:
        raise MoneyError("is too large")
    return minor


def to_decimal_text(minor: int, currency: str) -> str:
    """Convert minor units to decimal text with all decimals of the currency: 4250 USD → `42.50`."""
    places = _EXPONENTS[currency]
    sign, digits = ("-" if minor < 0 else ""), str(abs(minor)).rjust(places + 1, "0")
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


@cache
def cash_rounding_limit(currency: str) -> int:
    """Return the most a cash total may differ from the amount due, in minor units: half the smallest coin.

    Source: CLDR `cashDigits`/`cashRounding` by Babel, plus national practice where CLDR is silent.
    """
    fractions = get_global("currency_fractions")
    row: tuple[int, int, int, int] = fractions.get(currency, fractions["DEFAULT"])
    _, _, cash_digits, cash_step = row
    # CLDR counts in its own exponent; cash_step 0 means one unit of the last cash digit.
    step: int = max(1, cash_step) * 10 ** max(0, _EXPONENTS[currency] - cash_digits)
    return max(step, _SMALLEST_COIN.get(currency, 1)) // 2
