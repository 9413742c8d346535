"""The books: accounts, journals with their postings, the business days they are kept in, and foreign currency."""

from ledger.models.accounts import Account, AccountStatus, AccountType, AccountVersion
from ledger.models.fx import FxConversion, FxRate, FxRevaluation, FxSettlement, RateSource
from ledger.models.journals import Journal, Posting
from ledger.models.periods import BalanceSnapshot, Period, PeriodStatus, Reopening
from ledger.models.transfers import Transfer

__all__ = [
    "Account",
    "AccountStatus",
    "AccountType",
    "AccountVersion",
    "BalanceSnapshot",
    "FxConversion",
    "FxRate",
    "FxRevaluation",
    "FxSettlement",
    "Journal",
    "Period",
    "PeriodStatus",
    "Posting",
    "RateSource",
    "Reopening",
    "Transfer",
]
