from django.urls import re_path

from ledger.api import accounts, drawers, fx, journals, reports, transfers

# Account codes contain `:` and `/`, so the part after a code is matched from the end of the path.
urlpatterns = [
    re_path(r"^accounts/(?P<code>.+)/balance/?$", reports.BalanceView.as_view(), name="account-balance"),
    re_path(r"^accounts/(?P<code>.+)/statement/?$", reports.StatementView.as_view(), name="account-statement"),
    re_path(r"^accounts/(?P<code>.+)/explain/?$", reports.ExplainView.as_view(), name="account-explain"),
    re_path(r"^reports/balances/?$", reports.BalancesView.as_view(), name="report-balances"),
    re_path(r"^reports/trial-balance/?$", reports.TrialBalanceView.as_view(), name="report-trial-balance"),
    re_path(r"^reports/balance-sheet/?$", reports.BalanceSheetView.as_view(), name="report-balance-sheet"),
    re_path(r"^reports/income-statement/?$", reports.IncomeStatementView.as_view(), name="report-income-statement"),
    re_path(r"^reports/fx-clearing/?$", reports.FxClearingView.as_view(), name="report-fx-clearing"),
    re_path(r"^fx/rates/?$", fx.RatesView.as_view(), name="fx-rates"),
    re_path(r"^fx/convert/?$", fx.ConvertView.as_view(), name="fx-convert"),
    re_path(r"^fx/settlements/?$", fx.SettlementsView.as_view(), name="fx-settlements"),
    re_path(r"^fx/settlements/(?P<settlement_id>[^/]+)/?$", fx.SettlementView.as_view(), name="fx-settlement"),
    re_path(r"^pos/ledgers/?$", drawers.DrawersView.as_view(), name="drawers"),
    re_path(r"^pos/ledgers/(?P<drawer_id>[^/]+)/?$", drawers.DrawerView.as_view(), name="drawer"),
    re_path(r"^pos/ledgers/(?P<drawer_id>[^/]+)/count/?$", drawers.CountView.as_view(), name="api-drawer-count"),
    re_path(r"^pos/ledgers/(?P<drawer_id>[^/]+)/close/?$", drawers.CloseView.as_view(), name="api-drawer-close"),
    re_path(r"^pos/ledgers/(?P<drawer_id>[^/]+)/x-report/?$", drawers.XReportView.as_view(), name="x-report"),
    re_path(r"^pos/ledgers/(?P<drawer_id>[^/]+)/z-report/?$", drawers.ZReportView.as_view(), name="z-report"),
    re_path(r"^pos/transactions/?$", drawers.TransactionsView.as_view(), name="transactions"),
    re_path(r"^transfers/?$", transfers.TransfersView.as_view(), name="transfers"),
    re_path(r"^transfers/bulk/?$", transfers.TransferBulkView.as_view(), name="transfers-bulk"),
    re_path(r"^journals/?$", journals.JournalsView.as_view(), name="journals"),
    re_path(r"^journals/(?P<journal_id>[^/]+)/?$", journals.JournalView.as_view(), name="journal"),
    re_path(r"^journals/(?P<journal_id>[^/]+)/reverse/?$", transfers.ReverseView.as_view(), name="journal-reverse"),
    re_path(r"^accounts/?$", accounts.AccountsView.as_view(), name="accounts"),
    re_path(r"^accounts/(?P<code>.+)/history/?$", accounts.AccountHistoryView.as_view(), name="account-history"),
    # Last: the code takes the rest of the path.
    re_path(r"^accounts/(?P<code>.+?)/?$", accounts.AccountView.as_view(), name="account"),
]
