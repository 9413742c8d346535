"""The books: accounts, journals with their postings, and the business days they are kept in."""

from ledger.models.accounts import Account, AccountStatus, AccountType, AccountVersion
from ledger.models.journals import Journal, Posting
from ledger.models.periods import BalanceSnapshot, Period, PeriodStatus, Reopening
from ledger.models.transfers import Transfer

__all__ = [
    "Account",
    "AccountStatus",
    "AccountType",
    "AccountVersion",
    "BalanceSnapshot",
    "Journal",
    "Period",
    "PeriodStatus",
    "Posting",
    "Reopening",
    "Transfer",
]
