"""Revaluation: what the clearing accounts are off by at the day's rates becomes gain or loss, once."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ledger.fx import positions, revaluation
from ledger.fx.revaluation import RevaluationResult
from ledger.periods import periods
from ledgersafe.postgres.db import TransactionRequired, tenant_transaction
from tests.conftest import Shop
from tests.scenes.fx import open_banks, put, settle
from tests.scenes.transfers import balances

DAY = date(2026, 2, 25)
END = datetime(2026, 2, 25, 23, 58, 59, tzinfo=UTC)


def revalue(shop: Shop, day: date = DAY) -> RevaluationResult:
    """As the closer calls it."""
    with tenant_transaction(shop.tenant.id):
        periods.open_day(shop.tenant.id, day, time_zone="UTC", cut_off=datetime(2026, 1, 1, 23, 59).time())  # noqa: DTZ001
        return revaluation.revalue(shop.tenant.id, day, actor="system:test", now=timezone.now())


def rate(shop: Shop, value: str, valid_from: str, pair: str = "EUR/USD") -> None:
    """Record a rate."""
    assert put(shop, {"pair": pair, "rate": value, "valid_from": valid_from}).status_code == 201


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop that has sold 100 euros for 110 dollars, and seen the euro rise to 1.20 by the end of the day."""
    open_banks(shop)
    rate(shop, "1.10", "2026-02-25T08:00:00Z")
    assert settle(shop, as_of="2026-02-25T09:00:00Z").status_code == 201
    rate(shop, "1.20", "2026-02-25T18:00:00Z")
    return shop


def test_a_residual_becomes_a_loss_in_the_base_currency(shop: Shop) -> None:
    result = revalue(shop)
    assert (result.residual_minor, result.without_rate) == (1000, ())
    journal = shop.get(f"/v1/journals/{result.journal_id}").json()
    assert (journal["kind"], journal["value_date"], journal["source_key"]) == (
        "REVALUATION",
        "2026-02-25",
        "revaluation:2026-02-25:1",
    )
    by_code = balances(shop)
    assert (by_code["FX-GAIN-LOSS:USD"], by_code["FX:CLEAR:USD"], by_code["FX:CLEAR:EUR"]) == (1000, -12000, 10000)


def test_a_fall_is_a_gain(shop: Shop) -> None:
    rate(shop, "1.05", "2026-02-25T20:00:00Z")
    assert revalue(shop).residual_minor == -500
    assert balances(shop)["FX-GAIN-LOSS:USD"] == -500


def test_again_with_nothing_new_it_posts_nothing(shop: Shop) -> None:
    assert revalue(shop).journal_id is not None
    again = revalue(shop)
    assert (again.residual_minor, again.journal_id) == (0, None)
    assert shop.number("fx_revaluations") == 1


def test_again_after_more_it_posts_the_difference(shop: Shop) -> None:
    revalue(shop)
    assert settle(shop, as_of="2026-02-25T09:00:00Z", amount="10").status_code == 201
    assert revalue(shop).residual_minor == 100
    assert shop.rows("SELECT number, residual_minor FROM fx_revaluations WHERE tenant_id = %s ORDER BY 1") == [
        (1, 1000),
        (2, 100),
    ]


def test_the_next_day_books_only_what_changed_since(shop: Shop) -> None:
    revalue(shop)
    rate(shop, "1.25", "2026-02-26T12:00:00Z")
    assert revalue(shop, date(2026, 2, 26)).residual_minor == 500


def test_a_day_without_clearing_balances_costs_two_statements(shop: Shop) -> None:
    with CaptureQueriesContext(connection) as queries:
        result = revalue(shop, date(2026, 2, 24))
    assert (result.positions, result.residual_minor, result.journal_id) == ((), 0, None)
    own = [query["sql"] for query in queries if "fx_rates" in query["sql"] or "advisory" in query["sql"]]
    assert len(own) == 2


def test_a_currency_without_a_usable_rate_is_named_and_nothing_posted(shop: Shop) -> None:
    open_banks(shop, "GBP")
    rate(shop, "0.87", "2026-02-25T08:00:00Z", "EUR/GBP")
    assert settle(shop, target="BANK:GBP", as_of="2026-02-25T09:00:00Z").status_code == 201
    result = revalue(shop)
    assert (result.without_rate, result.residual_minor, result.journal_id) == (("GBP",), None, None)
    assert positions.currencies_without_rate(shop.tenant.id, DAY, at=END) == ["GBP"]
    assert positions.currencies_without_rate(shop.tenant.id, date(2026, 2, 24), at=END) == []


def test_a_stale_rate_values_nothing(shop: Shop, settings: Any) -> None:
    settings.FX_MAX_RATE_AGE_HOURS = 1
    assert revalue(shop).without_rate == ("EUR",)


def test_which_currencies_lack_a_rate_is_one_statement(shop: Shop) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert positions.currencies_without_rate(shop.tenant.id, DAY, at=END) == []
    assert len(queries) == 1


def test_a_closed_day_is_not_revalued(shop: Shop) -> None:
    with tenant_transaction(shop.tenant.id):
        periods.seal(shop.tenant, DAY, now=timezone.now())
    with pytest.raises(IntegrityError):
        revalue(shop)


def test_it_needs_a_transaction(shop: Shop) -> None:
    with pytest.raises(TransactionRequired):
        revaluation.revalue(shop.tenant.id, DAY, actor="system:test", now=timezone.now())


def test_the_report_tells_the_position_and_what_it_is_worth(shop: Shop) -> None:
    report = shop.get("/v1/reports/fx-clearing", date="2026-02-25").json()
    assert [(item["ccy"], item["balance"], item["value"], item["rate"]) for item in report["items"]] == [
        ("EUR", "100.00", "120.00", "1.2"),
        ("USD", "-110.00", "-110.00", None),
    ]
    assert (report["residual"], report["unrealised_gain"], report["without_rate"]) == ("10.00", "-10.00", [])
    revalue(shop)
    assert shop.get("/v1/reports/fx-clearing", date="2026-02-25").json()["residual"] == "0.00"
    assert shop.get("/v1/reports/fx-clearing", date="2026-02-24").json()["items"] == []


def test_the_report_names_what_has_no_rate_and_guesses_nothing(shop: Shop, settings: Any) -> None:
    settings.FX_MAX_RATE_AGE_HOURS = 1
    report = shop.get("/v1/reports/fx-clearing", date="2026-02-25").json()
    assert (report["without_rate"], report["residual"], report["items"][0]["value"]) == (["EUR"], None, None)
    assert "EUR/USD" in report["items"][0]["problem"]
    for day in ("x", "9999-12-31", "0001-01-01"):
        assert shop.get("/v1/reports/fx-clearing", date=day).status_code == 400
