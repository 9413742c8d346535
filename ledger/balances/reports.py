"""Reports over the whole chart: trial balance, balance sheet and income statement, each per currency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from ledger.balances import balances
from ledger.balances.balances import AccountBalance
from ledger.calendar.business_days import business_date_of
from ledger.calendar.parameters import day_before
from ledger.models import AccountType
from ledgersafe.tenants.models import Tenant

#: Debits and credits as they are read: what is owed, owned by the owners or earned stands on the credit side.
_SIGN: Final = {AccountType.LIABILITY: -1, AccountType.EQUITY: -1, AccountType.REVENUE: -1}
_RESULT: Final = (AccountType.REVENUE, AccountType.EXPENSE)
_WORTH: Final = (AccountType.ASSET, AccountType.LIABILITY, AccountType.EQUITY)


@dataclass(frozen=True, slots=True)
class TrialTotal:
    """Sums of one currency in minor units; equal, or the books are broken."""

    currency: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class TypeTotal:
    """An account type's accounts in one currency and their sum, in minor units with the type's natural sign."""

    type: AccountType
    currency: str
    accounts: Sequence[tuple[AccountBalance, int]]

    @property
    def total_minor(self) -> int:
        return sum(minor for _, minor in self.accounts)


@dataclass(frozen=True, slots=True)
class Identity:
    """assets = liabilities + equity + result, of one currency in minor units."""

    currency: str
    assets_minor: int
    liabilities_minor: int
    equity_minor: int
    result_minor: int

    @property
    def holds(self) -> bool:
        return self.assets_minor == self.liabilities_minor + self.equity_minor + self.result_minor


@dataclass(frozen=True, slots=True)
class Income:
    """revenue − expense = result, of one currency in minor units."""

    currency: str
    revenue_minor: int
    expense_minor: int

    @property
    def result_minor(self) -> int:
        return self.revenue_minor - self.expense_minor


def today_of(tenant_id: int, *, now: datetime) -> date:
    """The tenant's business day."""
    tenant = Tenant.objects.only("time_zone", "cut_off_hour", "cut_off_minute").get(pk=tenant_id)
    return business_date_of(now, time_zone=tenant.time_zone, cut_off=time(tenant.cut_off_hour, tenant.cut_off_minute))


def base_currency_of(tenant_id: int) -> str:
    """The currency a tenant's position is valued in."""
    return Tenant.objects.values_list("base_currency", flat=True).get(pk=tenant_id)


def trial_totals(rows: Iterable[AccountBalance]) -> list[TrialTotal]:
    """Debit and credit column per currency. Pure."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        sides = sums.setdefault(row.currency, [0, 0])
        sides[0 if row.balance_minor > 0 else 1] += abs(row.balance_minor)
    return [TrialTotal(currency, *sides) for currency, sides in sorted(sums.items())]


def balance_sheet(tenant_id: int, day: date) -> tuple[list[TypeTotal], list[Identity]]:
    """What there is and whose it is at the end of a business day; the result is that of all days. One statement."""
    rows = balances.trial_balance(tenant_id, as_of=day)
    return _by_type(rows, _WORTH), [_identity(currency, rows) for currency in _currencies(rows)]


def income_statement(tenant_id: int, first: date, last: date) -> tuple[list[TypeTotal], list[Income]]:
    """What was earned and spent on the business days from first to last. One statement."""
    before, after = balances.trial_balances(tenant_id, [day_before(first), last])
    rows = [_moved(old, new) for old, new in zip(before, after, strict=True)]
    return _by_type(rows, _RESULT), [
        Income(currency, _sum(rows, currency, AccountType.REVENUE), _sum(rows, currency, AccountType.EXPENSE))
        for currency in _currencies(rows)
    ]


def _moved(old: AccountBalance, new: AccountBalance) -> AccountBalance:
    return AccountBalance(new.code, new.name, new.type, new.currency, new.balance_minor - old.balance_minor, new.role)


def _identity(currency: str, rows: Sequence[AccountBalance]) -> Identity:
    assets, liabilities, equity = (_sum(rows, currency, kind) for kind in _WORTH)
    revenue, expense = (_sum(rows, currency, kind) for kind in _RESULT)
    return Identity(currency, assets, liabilities, equity, revenue - expense)


def _by_type(rows: Sequence[AccountBalance], kinds: Sequence[AccountType]) -> list[TypeTotal]:
    found: dict[tuple[str, AccountType], list[tuple[AccountBalance, int]]] = {}
    for row in rows:
        found.setdefault((row.currency, AccountType(row.type)), []).append((row, _natural(row)))
    return [
        TypeTotal(kind, currency, found[currency, kind])
        for currency in _currencies(rows)
        for kind in kinds
        if (currency, kind) in found
    ]


def _sum(rows: Iterable[AccountBalance], currency: str, kind: AccountType) -> int:
    return sum(_natural(row) for row in rows if row.currency == currency and row.type == kind)


def _natural(row: AccountBalance) -> int:
    return _SIGN.get(AccountType(row.type), 1) * row.balance_minor


def _currencies(rows: Iterable[AccountBalance]) -> list[str]:
    return sorted({row.currency for row in rows})
