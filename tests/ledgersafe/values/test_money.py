"""Money is exact: what comes in as text or number comes out as the same amount, or is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledgersafe.values.money import (
    MAX_MINOR,
    MoneyError,
    cash_rounding_limit,
    exponent,
    is_currency,
    plain_to_minor,
    to_decimal_text,
    to_minor,
)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("42.50", "USD", 4250), ("42.5", "USD", 4250), (42, "USD", 4200), (Decimal("42.500000"), "USD", 4250),
        ("0.01", "USD", 1), ("-0.01", "USD", -1), ("0", "USD", 0), ("-0", "USD", 0), ("100", "JPY", 100), (100,
        "JPY", 100),
        ("100.0", "JPY", 100), ("1.234", "IQD", 1234), ("1.2345", "CLF", 12345), (Decimal("4.25e1"), "USD", 4250),
        ("10000000000000.00", "USD", 10**15), (10**13, "USD", 10**15), (-(10**13), "USD", -(10**15)),
    ],
)  # fmt: skip
def test_it_reads_major_units_exactly(amount: int | str | Decimal, currency: str, minor: int) -> None:
    assert to_minor(amount, currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("42.505", "USD"), ("0.5", "JPY"), ("1.00001", "CLF"), ("10000000000000.01", "USD"), (10**13 + 1, "USD"),
        (-(10**13) - 1, "USD"), (Decimal("1e400"), "USD"), (Decimal("1e-400"), "USD"), (Decimal("NaN"), "USD"),
        (Decimal("sNaN"), "USD"), (Decimal("Infinity"), "USD"), ("x", "USD"), ("", "USD"),
        (Decimal("42.5" + "0" * 30 + "1"), "USD"), ("1." + "0" * 40 + "1", "USD"), ("0." + "9" * 60, "JPY"),
        ("9999999999999." + "9" * 20, "USD"), (Decimal("1e999999"), "USD"), (Decimal("0." + "0" * 50 + "1"), "USD"),
    ],
)  # fmt: skip
def test_it_refuses_what_is_not_exact(amount: int | str | Decimal, currency: str) -> None:
    with pytest.raises(MoneyError):
        to_minor(amount, currency)


CURRENCIES = st.sampled_from(["USD", "JPY", "IQD", "CLF", "CHF", "EUR"])


@given(st.integers(-MAX_MINOR, MAX_MINOR), CURRENCIES)
def test_minor_units_survive_the_way_out_and_in(minor: int, currency: str) -> None:
    text = to_decimal_text(minor, currency)
    assert to_minor(text, currency) == minor
    assert to_minor(Decimal(text), currency) == minor
    assert len(text.partition(".")[2]) == exponent(currency)


@given(st.decimals(allow_nan=False, allow_infinity=False), CURRENCIES)
def test_it_is_exact_or_refuses(amount: Decimal, currency: str) -> None:
    try:
        minor = to_minor(amount, currency)
    except MoneyError:
        return
    sign, digits, power = amount.as_tuple()
    assert isinstance(power, int)
    whole = int("".join(map(str, digits))) * (-1 if sign else 1)
    shift = power + exponent(currency)
    assert whole * 10 ** max(shift, 0) == minor * 10 ** max(-shift, 0)


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(4250, "USD", "42.50"), (-5, "USD", "-0.05"), (0, "USD", "0.00"), (7, "JPY", "7"), (1, "IQD", "0.001")],
)
def test_it_writes_exactly_the_currencys_decimals(minor: int, currency: str, text: str) -> None:
    assert to_decimal_text(minor, currency) == text


@pytest.mark.parametrize("code", ["USD", "JPY", "CHF", "EUR", "IQD", "UYW", "CLF"])
def test_it_knows_iso_4217(code: str) -> None:
    assert is_currency(code)


@pytest.mark.parametrize("code", ["usd", "US", "USDX", "DOGE", "XAU", "XXX", "XTS", "", None, 840, ["USD"], {}])
def test_it_knows_nothing_else(code: object) -> None:
    assert not is_currency(code)


@pytest.mark.parametrize(
    ("currency", "limit"),
    [("USD", 0), ("JPY", 0), ("GBP", 0), ("CHF", 2), ("EUR", 2), ("AUD", 2), ("CAD", 2), ("SEK", 50), ("NOK", 50),
     ("DKK", 25), ("NZD", 5), ("CZK", 50), ("HUF", 250)],
)  # fmt: skip
def test_cash_is_rounded_by_half_the_smallest_coin_at_most(currency: str, limit: int) -> None:
    assert cash_rounding_limit(currency) == limit


@given(
    st.from_regex(r"\A-?[0-9٣²]{0,16}[.]?[0-9]{0,6}\Z") | st.text(max_size=8),
    st.sampled_from(["USD", "JPY", "IQD", "CLF"]),
)
def test_the_short_way_says_the_same_as_the_long_one_or_nothing(text: str, currency: str) -> None:
    minor = plain_to_minor(text, currency)
    assert minor is None or minor == to_minor(text, currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"), [("42.50", "USD", 4250), ("7", "USD", 700), ("0.5", "USD", 50), ("12", "JPY", 12)]
)
def test_ordinary_amounts_go_the_short_way(text: str, currency: str, minor: int) -> None:
    assert plain_to_minor(text, currency) == minor


@pytest.mark.parametrize("text", ["", ".", "5.", ".5", "-1", "1e3", "1.500", "100000000000", "²", "٣", " 1", "1_0"])
def test_anything_else_is_left_to_the_long_one(text: str) -> None:
    assert plain_to_minor(text, "USD") is None
