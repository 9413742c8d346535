"""Attacks on rates, settlements, conversions and revaluations with raw SQL: Postgres itself refuses."""

from typing import Any

import psycopg
import pytest

from tests.conftest import Shop
from tests.scenes.attacks import Attacker, Raw, assert_refused_by
from tests.scenes.fx import open_banks, quote, settle

RATE = """
INSERT INTO fx_rates (tenant_id, base, quote, rate, valid_from, version, source, actor)
VALUES (%(tenant)s, %(base)s, %(quote)s, %(rate)s, '2026-02-25', %(version)s, %(source)s, 'x')
"""
#: A copy of the settlement with other facts; its journals are those of the first unless said otherwise.
COPY = """
INSERT INTO fx_settlements (tenant_id, client_id, idempotency_key, fingerprint, actor, from_account_id, to_account_id,
    source_currency, target_currency, amount_minor, converted_minor, shift, rate_id, rate_value, inverted,
    business_date, as_of, source_journal_id, target_journal_id)
SELECT tenant_id, client_id, 'another', fingerprint, actor, from_account_id, to_account_id, source_currency,
    target_currency, {amount}, {converted}, shift, {rate}, {value}, inverted, business_date, {as_of}, {source}, {target}
FROM fx_settlements WHERE tenant_id = %s
"""
SAME = {"amount": "amount_minor", "converted": "converted_minor", "rate": "rate_id", "value": "rate_value"}
SAME |= {"as_of": "as_of", "source": "source_journal_id + 1000000", "target": "target_journal_id + 1000000"}
NOW = "SET CONSTRAINTS ALL IMMEDIATE"


@pytest.fixture
def attacker(shop: Shop, as_owner: Raw) -> Attacker:
    """An owner's connection to a shop that has settled a hundred euros into dollars."""
    open_banks(shop)
    quote(shop)
    assert settle(shop).status_code == 201
    return Attacker(as_owner, shop)


def rate(attacker: Attacker, **changes: Any) -> None:
    """Insert a rate past the product."""
    good = {
        "tenant": attacker.shop.tenant.id,
        "base": "EUR",
        "quote": "GBP",
        "rate": "0.87",
        "version": 1,
        "source": "api",
    }
    attacker.raw.execute(RATE, good | changes)


def copy(attacker: Attacker, **changes: str) -> None:
    """Insert a settlement that differs from the one there is, and have the guards look."""
    attacker.raw.execute(COPY.format(**(SAME | changes)).encode(), [attacker.shop.tenant.id])
    attacker.raw.execute(NOW)


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "1000000000000.5", "0.0000000000000000001"])
def test_it_refuses_a_rate_that_is_not_above_zero_and_finite(attacker: Attacker, value: str) -> None:
    with pytest.raises((psycopg.errors.CheckViolation, psycopg.errors.NumericValueOutOfRange)) as caught:
        rate(attacker, rate=value)
    assert caught.value.diag.constraint_name == "fx_rates_positive" or not value.startswith(("0", "-", "N"))


@pytest.mark.parametrize("value", ["Infinity", "-Infinity"])
def test_an_infinite_rate_does_not_even_fit_its_column(attacker: Attacker, value: str) -> None:
    with pytest.raises(psycopg.errors.NumericValueOutOfRange):
        rate(attacker, rate=value)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"quote": "EUR"}, "fx_rates_two_currencies"),
        ({"quote": "gbp"}, "fx_rates_pair_shape"),
        ({"source": "guess"}, "fx_rates_source_known"),
        ({"version": 2}, "fx_rates_next_version"),
        ({"version": 0}, "fx_rates_next_version"),
    ],
)
def test_it_refuses_a_rate_that_is_none(attacker: Attacker, changes: dict[str, Any], constraint: str) -> None:
    with assert_refused_by(constraint):
        rate(attacker, **changes)


@pytest.mark.parametrize("table", ["fx_rates", "fx_settlements", "fx_conversions", "fx_revaluations"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}"])
def test_nothing_of_it_is_ever_rewritten(attacker: Attacker, table: str, statement: str) -> None:
    with assert_refused_by(f"{table}_append_only"):
        attacker.raw.execute(statement.format(table).encode())


def test_it_refuses_a_settlement_without_journals(attacker: Attacker) -> None:
    with assert_refused_by("fx_settlements_both_legs"):
        copy(attacker)


LEG = """
INSERT INTO journals (id, tenant_id, business_date, occurred_at, kind, source, source_key, posting_count, rules_version)
SELECT nextval('journals_id_seq'), tenant_id, business_date, as_of, 'FX_SETTLEMENT', 'fx',
       'settlement:' || nextval('fx_settlements_id_seq') + 1 || ':source', 2, 1
FROM fx_settlements WHERE tenant_id = %s RETURNING id
"""
LINES = """
INSERT INTO postings (tenant_id, journal_id, line_no, account_id, business_date, currency, amount_minor)
SELECT p.tenant_id, %s, p.line_no, p.account_id, p.business_date, p.currency, p.amount_minor
FROM postings p JOIN fx_settlements s ON s.source_journal_id = p.journal_id WHERE s.tenant_id = %s
"""


def test_it_refuses_a_settlement_with_one_leg(attacker: Attacker) -> None:
    """Its source's journal is as it must be; the other one does not exist."""
    row = attacker.raw.execute(LEG, [attacker.shop.tenant.id]).fetchone()
    assert row is not None
    attacker.raw.execute(LINES, [row[0], attacker.shop.tenant.id])
    with assert_refused_by("fx_settlements_both_legs"):
        copy(attacker, source=str(row[0]))


@pytest.mark.parametrize(
    "changes",
    [
        {"converted": "converted_minor + 1"},
        {"amount": "amount_minor - 1"},
        {"value": "1.09"},
        {"rate": "rate_id + 1000000"},
        {"as_of": "'2020-01-01'"},
    ],
)
def test_it_refuses_a_settlement_that_is_not_by_its_rate(attacker: Attacker, changes: dict[str, str]) -> None:
    with assert_refused_by("fx_settlements_by_its_rate"):
        copy(attacker, **changes)


@pytest.mark.parametrize("changes", [{"amount": "0"}, {"converted": "0"}, {"amount": "-1"}])
def test_it_refuses_a_settlement_of_nothing(attacker: Attacker, changes: dict[str, str]) -> None:
    with assert_refused_by("fx_settlements_amounts"):
        copy(attacker, **changes)


def test_it_refuses_a_second_settlement_of_one_key(attacker: Attacker) -> None:
    with assert_refused_by("fx_settlements_one_per_idempotency_key"):
        attacker.raw.execute(
            COPY.replace("'another'", "idempotency_key").format(**SAME).encode(), [attacker.shop.tenant.id]
        )


@pytest.mark.parametrize("column", ["source", "target"])
def test_it_refuses_a_journal_that_settles_twice(attacker: Attacker, column: str) -> None:
    with assert_refused_by(f"fx_settlements_one_per_{column}_journal"):
        copy(attacker, **{column: f"{column}_journal_id"})


def test_it_refuses_a_conversion_that_its_journal_does_not_clear(attacker: Attacker) -> None:
    with assert_refused_by("fx_conversions_by_its_rate"):
        attacker.raw.execute(
            "INSERT INTO fx_conversions (tenant_id, journal_id, source_currency, target_currency, amount_minor, "
            "converted_minor, shift, rate_id, rate_value, inverted) SELECT tenant_id, source_journal_id, 'EUR', 'USD', "
            "amount_minor, converted_minor, shift, rate_id, rate_value, inverted "
            "FROM fx_settlements WHERE tenant_id = %s",
            [attacker.shop.tenant.id],
        )


def test_it_refuses_a_revaluation_that_is_not_its_journals(attacker: Attacker) -> None:
    with assert_refused_by("fx_revaluations_agree"):
        attacker.raw.execute(
            "INSERT INTO fx_revaluations (tenant_id, business_date, number, currency, residual_minor, positions, "
            "journal_id, actor, created_at) SELECT tenant_id, business_date, 1, 'USD', 5, '[{\"value_minor\": 5}]', "
            "source_journal_id, 'x', now() FROM fx_settlements WHERE tenant_id = %s",
            [attacker.shop.tenant.id],
        )
