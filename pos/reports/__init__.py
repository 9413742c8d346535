"""Reports by business day (gold): daily sales, articles, dashboard and reconciliation. Reads only, but for the roll-up.

`daily_sales` sums headers by store and day, `articles` sums lines by article and tax, `dashboard` counts arrivals,
`reconciliation` compares arrivals, headers, report and books, `roll_up` makes the daily sales faster. The functions
`daily_sales.daily_sales`, `articles.articles` and `articles.taxes` are called through their modules, whose names they
share.
"""

from pos.reports.articles import Article, ArticleReport, TaxSum
from pos.reports.daily_sales import SUMS, TENDERS, DaySales, SalesFigures, by_day, by_store, days_between, totals
from pos.reports.dashboard import Scope, StoreSales, arrivals_by_hour, has_arrivals, net_sales_by_store
from pos.reports.reconciliation import LINES, Books, Difference, Layers, read_layers
from pos.reports.roll_up import roll_up_all, roll_up_sales

# fmt: off
__all__ = [
    "LINES", "SUMS", "TENDERS", "Article", "ArticleReport", "Books", "DaySales", "Difference", "Layers", "SalesFigures",
    "Scope", "StoreSales", "TaxSum", "arrivals_by_hour", "by_day", "by_store", "days_between", "has_arrivals",
    "net_sales_by_store", "read_layers", "roll_up_all", "roll_up_sales", "totals",
]
# fmt: on
