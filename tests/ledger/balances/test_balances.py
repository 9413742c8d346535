"""Balances: the last snapshot plus what came since, equal to the plain sum at every date."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.balances import balances
from ledger.periods import periods
from ledgersafe.postgres.db import TransactionRequired, tenant_transaction
from tests.conftest import Shop, open_shop

DAYS = [date(2026, 2, day) for day in range(20, 26)]


def plain_sum(shop: Shop, code: str, day: date) -> int:
    """The balance the slow way."""
    sql = (
        "SELECT coalesce(sum(p.amount_minor), 0)::bigint FROM postings p JOIN accounts a ON a.id = p.account_id "
        "WHERE p.tenant_id = %s AND a.code = %s AND p.business_date <= %s"
    )
    return int(shop.rows(sql, code, day)[0][0])


def test_an_unknown_account_has_no_balance(shop: Shop) -> None:
    assert balances.balance(shop.tenant.id, "NOPE") is None


def test_a_trial_balance_is_zero_and_one_statement(shop: Shop) -> None:
    assert shop.send(shop.sale()).status_code == 201
    with CaptureQueriesContext(connection) as queries:
        rows = balances.trial_balance(shop.tenant.id)
    assert len(queries) == 1
    assert {row.code: row.balance_minor for row in rows} == {
        "DRAWER:store-1/till-1:USD": 2000,
        "CARD-CLEARING:stripe:USD": 2250,
        "SALES:USD": -3850,
        "SALES-TAX:VAT/0.2:USD": -400,
    }


def test_a_snapshot_is_taken_in_a_use_case_only(shop: Shop) -> None:
    with pytest.raises(TransactionRequired):
        balances.take_snapshots(shop.tenant.id, DAYS[0])


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sales=st.lists(st.tuples(st.sampled_from(DAYS), st.integers(1, 10**6)), min_size=1, max_size=12), data=st.data())
def test_snapshot_plus_rest_equals_the_sum_whenever_days_are_closed(
    books: None, sales: list[tuple[date, int]], data: st.DataObject
) -> None:
    shop = open_shop()
    for number, (day, cents) in enumerate(sales):
        amount = f"{cents // 100}.{cents % 100:02}"
        event = shop.sale(
            f"evt-{number}", occurred_at=f"{day}T09:00:00Z", total_amount=amount, line_items=None, tax_lines=None
        )
        assert shop.send(event | {"tenders": [{"method": "CASH", "amount": amount}]}).status_code == 201
    opened = sorted({day for day, _ in sales})
    for day in opened[: data.draw(st.integers(0, len(opened)))]:
        with tenant_transaction(shop.tenant.id):
            periods.seal(shop.tenant, day, now=timezone.now())
    for day in [*DAYS, date.max]:
        for code in ("DRAWER:store-1/till-1:USD", "SALES:USD"):
            row = balances.balance(shop.tenant.id, code, as_of=day)
            assert row is not None
            assert row.balance_minor == plain_sum(shop, code, day)
        assert sum(row.balance_minor for row in balances.trial_balance(shop.tenant.id, as_of=day)) == 0
