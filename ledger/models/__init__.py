"""The tables of the books: accounts, journals and postings, business days, transfers, rates, and cash drawers."""

from ledger.models.accounts import Account, AccountStatus, AccountType, AccountVersion
from ledger.models.drawers import Drawer, DrawerStatus
from ledger.models.flow_types import FlowType, Method
from ledger.models.flows import FinancialTransaction
from ledger.models.fx import FxConversion
from ledger.models.journals import Journal, Posting
from ledger.models.order_totals import OrderTotal
from ledger.models.periods import BalanceSnapshot, Period, PeriodStatus, Reopening
from ledger.models.rates import FxRate, RateSource
from ledger.models.revaluations import FxRevaluation
from ledger.models.settlements import FxSettlement
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
