"""Convert amounts between currencies, with one rounding. Pure, and in whole numbers throughout.

Python's Decimal would round a quotient to 28 digits first and to the currency second: an amount just beside a half
would be rounded twice. `ledger_fx_convert_v1` computes the same in the database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypeAlias

from ledger.models.rates import RATE_PLACES
from ledgersafe.values.errors import DomainError
from ledgersafe.values.money import MAX_MINOR, exponent

_UNIT: Final = 10**RATE_PLACES


class FxRateMissing(DomainError):
    """No rate is known for the pair or its inverse."""

    code = "FX_RATE_MISSING"
    http_status = 409


class FxRateStale(DomainError):
    """The last known rate of the pair is too old."""

    code = "FX_RATE_STALE"
    http_status = 409


class AmountTooLarge(DomainError):
    """The converted amount is too large for the books."""

    code = "AMOUNT_TOO_LARGE"
    http_status = 422


class AmountTooSmall(DomainError):
    """The amount is too small: it converts to zero."""

    code = "AMOUNT_TOO_SMALL"
    http_status = 422


@dataclass(frozen=True, slots=True)
class Rate:
    """A recorded rate: 1 `base` = `value` `quote`, from `valid_from` on."""

    id: int
    base: str
    quote: str
    value: Decimal
    valid_from: datetime

    @property
    def pair(self) -> str:
        return f"{self.base}/{self.quote}"

    @property
    def text(self) -> str:
        """The rate as decimal text without trailing zeros."""
        return rate_text(self.value)

    def converts(self, source: str, target: str, minor: int) -> "Conversion":
        """Convert minor units by this rate or its inverse. :raises AmountTooLarge: more than the books take."""
        inverted = (source, target) == (self.quote, self.base)
        converted = convert(minor, source, target, rate=self.value, inverted=inverted)
        return Conversion(self, inverted, source, target, minor, converted)


@dataclass(frozen=True, slots=True)
class Conversion:
    """An amount and its conversion, in minor units of each currency."""

    rate: Rate
    inverted: bool
    source: str
    target: str
    amount_minor: int
    converted_minor: int

    @property
    def shift(self) -> int:
        """Decimals of the target currency less those of the source."""
        return exponent(self.target) - exponent(self.source)


@dataclass(frozen=True, slots=True)
class Unusable:
    """The reason why a pair has no usable rate: none is known, or (`stale`) the last one is too old."""

    message: str
    stale: bool = False

    def refusal(self) -> DomainError:
        """Return the refusal for this reason."""
        return FxRateStale(self.message) if self.stale else FxRateMissing(self.message)


#: Rates for posting rules: by foreign currency, the rate into the event's currency, or the reason why there is none.
Rates: TypeAlias = Mapping[str, Rate | Unusable]
NO_RATES: Final[Rates] = {}


def rate_text(rate: Decimal) -> str:
    """Format a rate without trailing zeros: 1.083200000000000000 → `1.0832`."""
    text = format(rate, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def inverse_text(rate: Decimal) -> str:
    """Return 1 / rate to 18 decimals, for people to read; conversions divide by the rate itself."""
    units = divide_half_up(_UNIT * _UNIT, _units(rate))
    return rate_text(Decimal(f"{units // _UNIT}.{units % _UNIT:0{RATE_PLACES}}"))


def convert(minor: int, source: str, target: str, *, rate: Decimal, inverted: bool) -> int:
    """Convert minor units of `source` into minor units of `target`; rounded once, half away from zero.

    :param rate: target per source; source per target when `inverted`.
    :raises AmountTooLarge: the result exceeds `MAX_MINOR`.
    """
    units, shift = _units(rate), exponent(target) - exponent(source)
    top = abs(minor) * (_UNIT if inverted else units) * 10 ** max(shift, 0)
    bottom = (units if inverted else _UNIT) * 10 ** max(-shift, 0)
    converted = divide_half_up(top, bottom)
    if converted > MAX_MINOR:
        raise AmountTooLarge
    return -converted if minor < 0 else converted


def divide_half_up(top: int, bottom: int) -> int:
    """Divide two non-negative whole numbers and round to the nearest one, a half upwards."""
    return (2 * top + bottom) // (2 * bottom)


def _units(rate: Decimal) -> int:
    """Return a rate as a whole number of its last decimal place, since Decimal arithmetic keeps only 28 digits."""
    _, digits, power = rate.as_tuple()
    whole, shift = int("".join(map(str, digits))), int(power) + RATE_PLACES
    return whole * int(10**shift) if shift >= 0 else whole // int(10**-shift)


def is_stale(valid_from: datetime, at: datetime, max_age: timedelta | None) -> bool:
    """Tell whether a rate is too old for an instant. :param max_age: None: no limit."""
    return max_age is not None and at - valid_from > max_age
