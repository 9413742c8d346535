"""The books: accounts, journals with their postings, and the business days they are kept in."""

from ledger.models.accounts import Account, AccountStatus, AccountType
from ledger.models.journals import Journal, Posting
from ledger.models.periods import BalanceSnapshot, Period, PeriodStatus

__all__ = [
    "Account",
    "AccountStatus",
    "AccountType",
    "BalanceSnapshot",
    "Journal",
    "Period",
    "PeriodStatus",
    "Posting",
]
