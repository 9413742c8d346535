"""Totals of the reports over the whole chart, per currency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.balances.balances import AccountBalance
from ledger.models import AccountType


@dataclass(frozen=True, slots=True)
class TrialTotal:
    """Sums of debit and credit balances in one currency, in minor units; unequal sums mean broken books."""

    currency: str
    debit_minor: int
    credit_minor: int


@dataclass(frozen=True, slots=True)
class TypeTotal:
    """Accounts of one type and currency with their balances, in minor units with the type's natural sign."""

    type: AccountType
    currency: str
    accounts: Sequence[tuple[AccountBalance, int]]

    @property
    def total_minor(self) -> int:
        return sum(minor for _, minor in self.accounts)


@dataclass(frozen=True, slots=True)
class Identity:
    """assets = liabilities + equity + result, for one currency in minor units."""

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
    """revenue − expense = result, for one currency in minor units."""

    currency: str
    revenue_minor: int
    expense_minor: int

    @property
    def result_minor(self) -> int:
        return self.revenue_minor - self.expense_minor


def trial_totals(rows: Iterable[AccountBalance]) -> list[TrialTotal]:
    """Sum the debit and the credit column per currency. Pure."""
    sums: dict[str, list[int]] = {}
    for row in rows:
        sides = sums.setdefault(row.currency, [0, 0])
        sides[0 if row.balance_minor > 0 else 1] += abs(row.balance_minor)
    return [TrialTotal(currency, *sides) for currency, sides in sorted(sums.items())]
