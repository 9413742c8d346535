"""Amounts at risk in the inbox: parse one from text, and compare it with cases of any currency."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from functools import cache
from typing import Final

from django.db.models import Q

from ledgersafe.values.money import CURRENCIES, MAX_MINOR, exponent

_MAX_AMOUNT: Final = 24
_USUAL_PLACES: Final = 2


def by_amount(lookup: str, amount: Decimal) -> Q:
    """The condition that compares the amount at risk, in any currency, with an amount in major units.

    Currencies differ in their number of decimals, and so in the minor units to compare with.

    :param lookup: `exact`, `gte` or `lte`.
    """
    usual = Q(**{f"amount_at_risk_minor__{lookup}": _minor(lookup, amount, _USUAL_PLACES)})
    unusual, conditions = _unusual_currencies(), Q()
    for places, currencies in unusual.items():
        conditions |= Q(currency__in=currencies, **{f"amount_at_risk_minor__{lookup}": _minor(lookup, amount, places)})
    return conditions | (usual & ~Q(currency__in=[code for codes in unusual.values() for code in codes]))


def _minor(lookup: str, amount: Decimal, places: int) -> int:
    scaled = amount.scaleb(places)
    if lookup == "exact" and scaled != scaled.to_integral_value():
        return -1  # matches nothing: the currency has no such amount
    rounded = scaled.to_integral_value(ROUND_CEILING if lookup == "gte" else ROUND_FLOOR)
    return int(min(rounded, Decimal(MAX_MINOR + 1)))


@cache
def _unusual_currencies() -> dict[int, list[str]]:
    """Currencies without two decimals, by their number of decimals."""
    by_places: dict[int, list[str]] = {}
    for currency in sorted(CURRENCIES):
        if (places := exponent(currency)) != _USUAL_PLACES:
            by_places.setdefault(places, []).append(currency)
    return by_places


def parse_amount(text: str, name: str, problems: list[str]) -> Decimal | None:
    """Parse `42.50`, `1,234.50` or `$42.50`; the sign is dropped, as amounts at risk have none.

    :param name: how a message in `problems` names the amount.
    :returns: None for an empty or unreadable text.
    """
    plain = text.replace(",", "").lstrip("$€£¥").strip()
    try:
        value = Decimal(plain) if plain else None
    except InvalidOperation:
        value = Decimal("NaN")
    if value is not None and not (value.is_finite() and abs(value) <= MAX_MINOR and len(plain) <= _MAX_AMOUNT):
        problems.append(f"{name} is not an amount like 42.50.")
        return None
    return abs(value) if value is not None else None
