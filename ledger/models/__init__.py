"""The books: accounts, journals with their postings, the business days they are kept in, and cash drawers."""

from ledger.models.accounts import Account, AccountStatus, AccountType, AccountVersion
from ledger.models.drawers import Drawer, DrawerStatus, FinancialTransaction, FlowType, Method, OrderTotal
from ledger.models.journals import Journal, Posting
from ledger.models.periods import BalanceSnapshot, Period, PeriodStatus
from ledger.models.transfers import Transfer

__all__ = [
    "Account",
    "AccountStatus",
    "AccountType",
    "AccountVersion",
    "BalanceSnapshot",
    "Drawer",
    "DrawerStatus",
    "FinancialTransaction",
    "FlowType",
    "Journal",
    "Method",
    "OrderTotal",
    "Period",
    "PeriodStatus",
    "Posting",
    "Transfer",
]
