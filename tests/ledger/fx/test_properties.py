"""Whatever is quoted and settled: each journal is zero per currency, and the clearing position is the model's."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.fx import positions
from ledgersafe.values.money import exponent, to_decimal_text
from tests.books import assert_books_clean
from tests.conftest import open_shop
from tests.scenes.fx import half_up, open_banks, quote, settle
from tests.scenes.transfers import balances

CURRENCIES = ("USD", "EUR", "JPY")
PAIRS = st.sampled_from([(a, b) for a in CURRENCIES for b in CURRENCIES if a != b])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("quote"), PAIRS, st.integers(1, 3 * 10**6)),
        st.tuples(st.just("settle"), PAIRS, st.integers(1, 10**6)),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_clearing_accounts_equal_the_model(books: None, steps: list[Any]) -> None:
    shop = open_shop()
    open_banks(shop, *CURRENCIES)
    rates: dict[tuple[str, str], Fraction] = {}
    expected: dict[str, int] = {}
    for verb, (source, target), number in steps:
        if verb == "quote":
            value = Decimal(number).scaleb(-4)
            quote(shop, f"{source}/{target}", str(value))
            rates[source, target] = Fraction(value)
            continue
        direct, opposite = rates.get((source, target)), rates.get((target, source))
        rate = direct if direct is not None else 1 / opposite if opposite is not None else None
        answer = settle(shop, f"BANK:{source}", f"BANK:{target}", to_decimal_text(number, source))
        if rate is None:
            assert answer.json()["code"] == "FX_RATE_MISSING"
            continue
        exact = number * rate * Fraction(10) ** (exponent(target) - exponent(source))
        converted = half_up(exact)
        assert answer.status_code == (201 if converted else 422), answer.content
        if converted:
            assert answer.json()["converted"] == to_decimal_text(converted, target)
            expected[source] = expected.get(source, 0) + number
            expected[target] = expected.get(target, 0) - converted
    clearing = {code: minor for code, minor in balances(shop).items() if code.startswith("FX:CLEAR")}
    assert clearing == {f"FX:CLEAR:{ccy}": minor for ccy, minor in expected.items() if minor}
    rows = positions.read(shop.tenant.id, date.max, at=datetime.now(UTC) + timedelta(seconds=1))
    assert {row.currency: row.balance_minor for row in rows} == {ccy: minor for ccy, minor in expected.items() if minor}
    sums = shop.rows(
        "SELECT DISTINCT sum(amount_minor) FROM postings WHERE tenant_id = %s GROUP BY journal_id, currency"
    )
    assert sums in ([], [(0,)])
    assert_books_clean(shop.tenant.id)
