"""Read pairs and rates as people and programs write them, exactly or not at all. Pure."""

import re
from decimal import Decimal
from typing import Any, Final

from ledger.models.rates import RATE_PLACES, RATE_WHOLE
from ledgersafe.values.errors import InvalidParameter
from ledgersafe.values.exact_json import Number
from ledgersafe.values.money import is_currency

_PAIR: Final = re.compile(r"([A-Za-z]{3})[/_. -]?([A-Za-z]{3})", re.ASCII)
_RATE: Final = re.compile(r"[0-9]{1,60}(?:\.[0-9]{1,60})?", re.ASCII)


class RateError(ValueError):
    """Text is not a pair or not a rate. `str(error)` says why, for people."""


def read_pair(value: Any) -> tuple[str, str]:
    """Read `EUR/USD`, `eur-usd` or `EURUSD` as (EUR, USD). :raises RateError: not two currencies of ISO 4217."""
    match = _PAIR.fullmatch(value) if type(value) is str else None
    if match is None:
        raise RateError("must be a pair of currencies, like EUR/USD")
    base, quote = match[1].upper(), match[2].upper()
    for currency in (base, quote):
        if not is_currency(currency):
            raise RateError(f"names {currency}, which is no currency of ISO 4217")
    if base == quote:
        raise RateError("must name two different currencies")
    return base, quote


def pair_of(text: str, name: str = "pair") -> tuple[str, str]:
    """Read a query parameter as a pair. :raises InvalidParameter: it is none."""
    try:
        return read_pair(text)
    except RateError as error:
        raise InvalidParameter(f"{name} {error}.") from None


def read_rate(value: Any) -> Decimal:
    """Read a rate, text or number. :raises RateError: not a plain decimal, not above zero, or too many digits."""
    if type(value) is Number:
        value = value[1:-1]
    if type(value) not in {str, int}:
        raise RateError('must be a decimal, like "1.0832"')
    text = str(value)
    if not _RATE.fullmatch(text):
        raise RateError('must be a plain decimal above zero, like "1.0832"')
    whole, _, decimals = text.partition(".")
    whole, decimals = whole.lstrip("0"), decimals.rstrip("0")
    if len(whole) > RATE_WHOLE or len(decimals) > RATE_PLACES:
        raise RateError(f"must have at most {RATE_WHOLE} digits before the point and {RATE_PLACES} after it")
    if not whole and not decimals:
        raise RateError("must be above zero")
    return Decimal(f"{whole or 0}.{decimals or 0}")
