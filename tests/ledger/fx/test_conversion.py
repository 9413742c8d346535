"""Conversion on paper: exact, rounded once."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.fx import AmountTooLarge, conversion, rate_text
from ledger.fx.rate_text import RateError
from ledgersafe.values.exact_json import Number
from ledgersafe.values.money import MAX_MINOR, exponent
from tests.scenes.fx import half_up

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLF"])
RATES = st.builds(lambda units: Decimal(units).scaleb(-18), st.integers(1, 10**30 - 1))


@given(
    minor=st.integers(-MAX_MINOR, MAX_MINOR), source=CURRENCIES, target=CURRENCIES, rate=RATES, inverted=st.booleans()
)
def test_it_is_the_exact_product_or_quotient_rounded_once(
    minor: int, source: str, target: str, rate: Decimal, inverted: bool
) -> None:
    factor = 1 / Fraction(rate) if inverted else Fraction(rate)
    exact = minor * factor * Fraction(10) ** (exponent(target) - exponent(source))
    if abs(half_up(exact)) > MAX_MINOR:
        with pytest.raises(AmountTooLarge):
            conversion.convert(minor, source, target, rate=rate, inverted=inverted)
        return
    converted = conversion.convert(minor, source, target, rate=rate, inverted=inverted)
    assert converted == half_up(exact)
    assert abs(converted - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("minor", "source", "target", "rate", "inverted", "expected"),
    [
        (10_000, "EUR", "USD", "1.0832", False, 10_832),
        (1, "EUR", "USD", "0.5", False, 1),  # a half goes up
        (1, "EUR", "USD", "0.499999999999999999", False, 0),
        (10_832, "USD", "EUR", "1.0832", True, 10_000),
        (100, "JPY", "USD", "0.0067", False, 67),
        (100, "USD", "JPY", "0.0067", True, 149),
        (1, "KWD", "JPY", "487.5", False, 0),
        (-1, "EUR", "USD", "0.5", False, -1),
    ],
)  # fmt: skip
def test_it_knows_the_decimals_of_both_currencies(
    minor: int, source: str, target: str, rate: str, inverted: bool, expected: int
) -> None:
    assert conversion.convert(minor, source, target, rate=Decimal(rate), inverted=inverted) == expected


def test_an_inverse_is_never_rounded_before_it_is_used() -> None:
    """1/3 to 18 decimals would make of 3 × 10^15 a cent less."""
    assert conversion.convert(MAX_MINOR // 10 * 3, "USD", "EUR", rate=Decimal(3), inverted=True) == MAX_MINOR // 10


@pytest.mark.parametrize("text", ["EUR/USD", "eur/usd", "EURUSD", "EUR-USD", "eur_usd", "EUR USD"])
def test_it_reads_a_pair_as_people_write_it(text: str) -> None:
    assert rate_text.read_pair(text) == ("EUR", "USD")


@pytest.mark.parametrize(
    "text", ["", "EUR", "EUR/EUR", "EUR/XXX", "XAU/USD", "EUR//USD", "EURO/USD", "ЕUR/USD", None, 5]
)
def test_it_refuses_what_is_no_pair(text: object) -> None:
    with pytest.raises(RateError):
        rate_text.read_pair(text)


TINY = "0." + "0" * 17 + "1"


@pytest.mark.parametrize(
    ("value", "text"),
    [("1.0832", "1.0832"), (2, "2"), ("0001.50", "1.5"), (Number("\ud8001.25\udfff"), "1.25"), (TINY, TINY)],
)
def test_it_reads_a_rate_exactly(value: object, text: str) -> None:
    assert conversion.rate_text(rate_text.read_rate(value)) == text


@pytest.mark.parametrize(
    "value",
    [0, "0", "0.000", -1, "-1", "NaN", "Infinity", "1e3", "", " 1", "1_0", "١", True, None, "1" * 13, f"{TINY}1"],
)
def test_it_refuses_what_is_no_rate(value: object) -> None:
    with pytest.raises(RateError):
        rate_text.read_rate(value)
