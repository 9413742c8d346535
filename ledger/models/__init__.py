"""The tables of the books: accounts, journals and postings, business days, transfers, rates, and cash drawers."""

from ledger.models.accounts import Account, AccountStatus, AccountType, AccountVersion
from ledger.models.drawers import Drawer, DrawerStatus
from ledger.models.flows import FinancialTransaction, FlowType, Method, OrderTotal
from ledger.models.fx import FxConversion, FxRevaluation, FxSettlement
from ledger.models.journals import Journal, Posting
from ledger.models.periods import BalanceSnapshot, Period, PeriodStatus, Reopening
from ledger.models.rates import FxRate, RateSource
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
    "FxConversion",
    "FxRate",
    "FxRevaluation",
    "FxSettlement",
    "Journal",
    "Method",
    "OrderTotal",
    "Period",
    "PeriodStatus",
    "Posting",
    "RateSource",
    "Reopening",
    "Transfer",
]
