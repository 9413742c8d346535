"""Report over the whole chart: balance sheet and income statement, each per currency."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Final

from ledger.balances import balances
from ledger.balances.balances import AccountBalance
from ledger.balances.totals import Identity, Income, TypeTotal
from ledger.calendar import business_date_of, day_before
from ledger.models import AccountType
from ledgersafe.tenants.models import Tenant

#: Natural signs: liabilities, equity and revenue are read credit positive.
_SIGN: Final = {AccountType.LIABILITY: -1, AccountType.EQUITY: -1, AccountType.REVENUE: -1}
_RESULT: Final = (AccountType.REVENUE, AccountType.EXPENSE)
_WORTH: Final = (AccountType.ASSET, AccountType.LIABILITY, AccountType.EQUITY)


def today_of(tenant_id: int, *, now: datetime) -> date:
    """Return the tenant's current business day."""
    tenant = Tenant.objects.only("time_zone", "cut_off_hour", "cut_off_minute").get(pk=tenant_id)
    return business_date_of(now, time_zone=tenant.time_zone, cut_off=time(tenant.cut_off_hour, tenant.cut_off_minute))


def base_currency_of(tenant_id: int) -> str:
    """Return the currency in which a tenant's position is valued."""
    return Tenant.objects.values_list("base_currency", flat=True).get(pk=tenant_id)


def balance_sheet(tenant_id: int, day: date) -> tuple[list[TypeTotal], list[Identity]]:
    """Return the sections and totals of the balance sheet at the end of a business day. One statement.

    The result in its totals is that of all days up to then.
    """
    rows = balances.trial_balance(tenant_id, as_of=day)
    return _by_type(rows, _WORTH), [_identity(currency, rows) for currency in _currencies(rows)]


def income_statement(tenant_id: int, first: date, last: date) -> tuple[list[TypeTotal], list[Income]]:
    """Return the sections and totals of the income statement, for a span of business days. One statement."""
    before, after = balances.trial_balances(tenant_id, [day_before(first), last])
    rows = [_movement(old, new) for old, new in zip(before, after, strict=True)]
    return _by_type(rows, _RESULT), [
        Income(currency, _sum(rows, currency, AccountType.REVENUE), _sum(rows, currency, AccountType.EXPENSE))
        for currency in _currencies(rows)
    ]


def _movement(old: AccountBalance, new: AccountBalance) -> AccountBalance:
    return AccountBalance(new.code, new.name, new.type, new.currency, new.balance_minor - old.balance_minor, new.role)


def _identity(currency: str, rows: Sequence[AccountBalance]) -> Identity:
    assets, liabilities, equity = (_sum(rows, currency, kind) for kind in _WORTH)
    revenue, expense = (_sum(rows, currency, kind) for kind in _RESULT)
    return Identity(currency, assets, liabilities, equity, revenue - expense)


def _by_type(rows: Sequence[AccountBalance], kinds: Sequence[AccountType]) -> list[TypeTotal]:
    groups: dict[tuple[str, AccountType], list[tuple[AccountBalance, int]]] = {}
    for row in rows:
        groups.setdefault((row.currency, AccountType(row.type)), []).append((row, _natural(row)))
    return [
        TypeTotal(kind, currency, groups[currency, kind])
        for currency in _currencies(rows)
        for kind in kinds
        if (currency, kind) in groups
    ]


def _sum(rows: Iterable[AccountBalance], currency: str, kind: AccountType) -> int:
    return sum(_natural(row) for row in rows if row.currency == currency and row.type == kind)


def _natural(row: AccountBalance) -> int:
    return _SIGN.get(AccountType(row.type), 1) * row.balance_minor


def _currencies(rows: Iterable[AccountBalance]) -> list[str]:
    return sorted({row.currency for row in rows})
