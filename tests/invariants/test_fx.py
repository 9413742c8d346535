"""I22: plant what foreign currency must never be, see exactly it reported."""

import pytest

from tests.conftest import Shop
from tests.scenes.fx import open_banks, quote, settle
from tests.scenes.violations import Ground


@pytest.fixture
def settled(ground: Ground) -> Ground:
    """Books with a settlement of 100.00 EUR into 108.32 USD."""
    shop: Shop = ground.shop
    open_banks(shop)
    quote(shop)
    assert settle(shop).status_code == 201
    assert ground.broken() == {}
    return ground


def settlement_of(ground: Ground) -> str:
    return ground.plant("SELECT id FROM fx_settlements WHERE tenant_id = %(tenant)s")


@pytest.mark.parametrize(
    "change",
    [
        "converted_minor = converted_minor + 1",
        "rate_value = 1.09",
        "inverted = true",
        "as_of = '2020-01-01'",
        "target_journal_id = source_journal_id + 1000000",
        "source_currency = 'GBP'",
    ],
)
def test_i22_sees_a_settlement_that_is_not_by_its_rate_or_lost_a_leg(settled: Ground, change: str) -> None:
    settled.plant(f"UPDATE fx_settlements SET {change} WHERE tenant_id = %(tenant)s")
    broken = settled.broken()
    assert ("fx_settlements", settlement_of(settled)) in {(found.table, found.row) for found in broken["I22"]}
    assert set(broken) - {"I12"} == {"I22"}, broken


def test_i22_sees_an_fx_journal_that_belongs_to_nothing(settled: Ground) -> None:
    journal = settled.journal(("SALES", -100), ("SAFE", 100), source="fx", key="settlement:0:source")
    settled.assert_broken("I22", "journals", journal)


def test_i22_sees_a_rate_that_is_no_number(settled: Ground) -> None:
    settled.plant("ALTER TABLE fx_rates DROP CONSTRAINT fx_rates_positive")
    rate = settled.plant(
        "INSERT INTO fx_rates (tenant_id, base, quote, rate, valid_from, source, actor) "
        "VALUES (%(tenant)s, 'EUR', 'GBP', 'NaN', now(), 'api', 'x') RETURNING id"
    )
    settled.assert_broken("I22", "fx_rates", rate)


def test_i22_sees_a_tills_clearing_that_no_conversion_explains(settled: Ground) -> None:
    journal = settled.plant("SELECT id FROM journals WHERE tenant_id = %(tenant)s AND source = 'event' LIMIT 1")
    settled.plant(
        "UPDATE postings SET account_id = (SELECT id FROM accounts WHERE tenant_id = %(tenant)s "
        "AND code = 'FX:CLEAR:USD') WHERE (journal_id, line_no) = (%(journal)s, 1)",
        journal=journal,
    )
    settled.assert_broken("I22", "journals", journal, implied="I00 I42")


def test_i22_sees_a_revaluation_that_declares_something_else(settled: Ground) -> None:
    revaluation = settled.plant(
        "INSERT INTO fx_revaluations (tenant_id, business_date, number, currency, residual_minor, positions, "
        "journal_id, actor, created_at) SELECT tenant_id, business_date, 1, 'USD', 5, "
        '\'[{"balance_minor": 5, "value_minor": 5, "rate": null}]\', source_journal_id, \'x\', now() '
        "FROM fx_settlements WHERE tenant_id = %(tenant)s RETURNING id"
    )
    settled.assert_broken("I22", "fx_revaluations", revaluation)
