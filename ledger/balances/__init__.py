"""Balances as of a business day or an instant, statements of an account, and reports over the chart. Reads only.

Amounts are minor units of an account's currency, debit positive.

* `balances`: the last snapshot plus the postings since; one statement each. Other rooms build their SQL from its parts.
* `statements`: the postings of one account with the balance after each, and the explanation of a balance.
* `reports`: balance sheet and income statement, per currency; `totals` has their sums and those of the trial balance.

Only `take_snapshots` writes: the snapshots of a close, in the transaction of the close.
"""

from ledger.balances.balances import (
    AccountBalance,
    balance,
    balances_of,
    balances_through,
    snapshots_of,
    take_snapshots,
    trial_balance,
    trial_balances,
    turnover_of,
)  # fmt: skip
from ledger.balances.reports import balance_sheet, base_currency_of, income_statement, today_of
from ledger.balances.statements import DayMovement, Explanation, Statement, StatementLine, explain, read_statement
from ledger.balances.totals import Identity, Income, TypeTotal, trial_totals

__all__ = [
    "AccountBalance", "DayMovement", "Explanation", "Identity", "Income", "Statement", "StatementLine",
    "TypeTotal", "balance", "balance_sheet", "balances_of", "balances_through", "base_currency_of", "explain",
    "income_statement", "read_statement", "snapshots_of", "take_snapshots", "today_of", "trial_balance",
    "trial_balances", "trial_totals", "turnover_of",
]  # fmt: skip
