"""Closing a day with foreign currency in its books: what is left over in the clearing accounts is gain or loss."""

import pytest

from ledger.refusals import AccountNotActive
from ledgersafe.audit.models import AuditEntry
from recon.closing.close_refusals import CurrencyWithoutRate
from recon.closing.reopen import reopen_day
from tests.conftest import Shop
from tests.scenes.days import DAY, after, close
from tests.scenes.fx import open_banks, put, settle
from tests.scenes.transfers import balances

AT_NINE = "2026-02-25T09:00:00Z"


def rate(shop: Shop, value: str, valid_from: str) -> None:
    assert put(shop, {"pair": "EUR/USD", "rate": value, "valid_from": valid_from}).status_code == 201


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """A shop that has sold 100 euros for 110 dollars, and seen the euro rise to 1.20 by the end of the day."""
    open_banks(shop)
    rate(shop, "1.10", "2026-02-25T08:00:00Z")
    assert settle(shop, as_of=AT_NINE).status_code == 201
    rate(shop, "1.20", "2026-02-25T18:00:00Z")
    return shop


def test_the_close_books_the_residual_and_keeps_the_balances_after_it(shop: Shop) -> None:
    close(shop)
    assert balances(shop)["FX-GAIN-LOSS:USD"] == 1000
    kept = dict(
        shop.rows(
            "SELECT a.code, s.balance_minor FROM balance_snapshots s JOIN accounts a ON a.id = s.account_id"
            " WHERE s.tenant_id = %s AND s.balance_minor <> 0"
        )
    )
    assert kept == balances(shop)
    entry = AuditEntry.objects.get(tenant=shop.tenant, action="recon.day.closed")
    assert entry.after is not None
    assert entry.after["revaluation_journal_id"] is not None
    close(shop)
    assert shop.number("fx_revaluations") == 1


def test_the_next_day_is_revalued_by_its_own_rates(shop: Shop) -> None:
    close(shop)
    rate(shop, "1.15", "2026-02-26T10:00:00Z")
    close(shop, after(DAY))
    assert balances(shop)["FX-GAIN-LOSS:USD"] == 500


def test_a_day_that_was_opened_again_books_the_difference(shop: Shop) -> None:
    close(shop)
    reopen_day(tenant_id=shop.tenant.id, day=DAY, actor="user:sara", reason="One settlement was forgotten.")
    assert settle(shop, as_of=AT_NINE, amount="10").status_code == 201
    close(shop)
    assert shop.rows("SELECT number, residual_minor FROM fx_revaluations WHERE tenant_id = %s ORDER BY 1") == [
        (1, 1000),
        (2, 100),
    ]


def test_a_currency_whose_rate_is_too_old_stands_against_a_close(shop: Shop) -> None:
    late = after(DAY, 4)
    close(shop)
    with pytest.raises(CurrencyWithoutRate, match="no usable rate for EUR"):
        close(shop, late)
    board = shop.get(f"/v1/periods/{late}/readiness").json()
    assert (board["blockers"], board["currencies_without_rate"]) == (["FX_RATE_MISSING"], ["EUR"])
    done = close(shop, late, force=True, may_force=True, notes="Bank holidays; no rates were published.")
    assert done.close.forced
    assert balances(shop)["FX-GAIN-LOSS:USD"] == 1000


def test_empty_days_closed_along_need_no_rate_of_their_own(shop: Shop) -> None:
    late = after(DAY, 6)
    close(shop)
    rate(shop, "1.25", f"{late}T10:00:00Z")
    assert not close(shop, late).close.forced
    assert balances(shop)["FX-GAIN-LOSS:USD"] == 1500


def test_a_blocked_account_is_told_and_nothing_is_closed(shop: Shop) -> None:
    close(shop)
    shop.rows("UPDATE accounts SET status = 'blocked' WHERE tenant_id = %s AND role = 'FX_GAIN_LOSS' RETURNING id")
    rate(shop, "1.15", "2026-02-26T10:00:00Z")
    with pytest.raises(AccountNotActive):
        close(shop, after(DAY))
    assert shop.rows("SELECT count(*) FROM periods WHERE tenant_id = %s AND status = 'closed'") == [(1,)]
