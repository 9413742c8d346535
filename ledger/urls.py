from django.urls import re_path

from ledger import drawer_views, fx_views, report_views, views

# Codes of accounts contain `:` and `/`: what follows one is matched from the end of the path.
urlpatterns = [
    re_path(r"^accounts/(?P<code>.+)/balance/?$", report_views.BalanceView.as_view(), name="account-balance"),
    re_path(r"^accounts/(?P<code>.+)/statement/?$", report_views.StatementView.as_view(), name="account-statement"),
    re_path(r"^accounts/(?P<code>.+)/explain/?$", report_views.ExplainView.as_view(), name="account-explain"),
    re_path(r"^reports/balances/?$", report_views.BalancesView.as_view(), name="report-balances"),
    re_path(r"^reports/trial-balance/?$", report_views.TrialBalanceView.as_view(), name="report-trial-balance"),
    re_path(r"^reports/balance-sheet/?$", report_views.BalanceSheetView.as_view(), name="report-balance-sheet"),
    re_path(
        r"^reports/income-statement/?$", report_views.IncomeStatementView.as_view(), name="report-income-statement"
    ),
    re_path(r"^reports/fx-clearing/?$", report_views.FxClearingView.as_view(), name="report-fx-clearing"),
    re_path(r"^fx/rates/?$", fx_views.RatesView.as_view(), name="fx-rates"),
    re_path(r"^fx/convert/?$", fx_views.ConvertView.as_view(), name="fx-convert"),
    re_path(r"^fx/settlements/?$", fx_views.SettlementsView.as_view(), name="fx-settlements"),
    re_path(r"^fx/settlements/(?P<settlement_id>[^/]+)/?$", fx_views.SettlementView.as_view(), name="fx-settlement"),
    re_path(r"^pos/ledgers/?$", drawer_views.DrawersView.as_view(), name="drawers"),
    re_path(r"^pos/ledgers/(?P<drawer_id>[^/]+)/?$", drawer_views.DrawerView.as_view(), name="drawer"),
    re_path(r"^pos/ledgers/(?P<drawer_id>[^/]+)/count/?$", drawer_views.CountView.as_view(), name="api-drawer-count"),
    re_path(r"^pos/ledgers/(?P<drawer_id>[^/]+)/close/?$", drawer_views.CloseView.as_view(), name="api-drawer-close"),
    re_path(r"^pos/ledgers/(?P<drawer_id>[^/]+)/x-report/?$", drawer_views.XReportView.as_view(), name="x-report"),
    re_path(r"^pos/ledgers/(?P<drawer_id>[^/]+)/z-report/?$", drawer_views.ZReportView.as_view(), name="z-report"),
    re_path(r"^pos/transactions/?$", drawer_views.TransactionsView.as_view(), name="transactions"),
    re_path(r"^transfers/?$", views.TransfersView.as_view(), name="transfers"),
    re_path(r"^transfers/bulk/?$", views.TransferBulkView.as_view(), name="transfers-bulk"),
    re_path(r"^journals/?$", views.JournalsView.as_view(), name="journals"),
    re_path(r"^journals/(?P<journal_id>[^/]+)/?$", views.JournalView.as_view(), name="journal"),
    re_path(r"^journals/(?P<journal_id>[^/]+)/reverse/?$", views.ReverseView.as_view(), name="journal-reverse"),
    re_path(r"^accounts/?$", views.AccountsView.as_view(), name="accounts"),
    re_path(r"^accounts/(?P<code>.+)/history/?$", views.AccountHistoryView.as_view(), name="account-history"),
    # Last: the code takes the rest of the path.
    re_path(r"^accounts/(?P<code>.+?)/?$", views.AccountView.as_view(), name="account"),
]
