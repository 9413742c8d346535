"""Cash drawers: open, count, close; transactions; late cash; X- and Z-reports.

In: requests, and the caller with its reach. Out: rows of `Drawer`, or reports. Operations run in the caller's
transaction (`by_hand` opens one); each shares the day's lock first, then locks the drawer.

* `drawer`, `adjustments`, `transactions`: the operations; `drawer_book` is the register's part of the books for them.
* `requests`, `caller`: read bodies into values; who may see which drawer.
* `queries`, `reports`: read drawers and their figures; `drawer_report` has the figures of a report.
* `printed_reports`: the report as a page. Imported as a file: only interfaces need templates.
"""

from ledger.drawers.adjustments import adjust_closed, adjust_late, try_adjusting
from ledger.drawers.caller import Caller
from ledger.drawers.drawer import close_drawer, count_drawer, open_drawer
from ledger.drawers.drawer_book import by_hand
from ledger.drawers.drawer_report import DrawerReport
from ledger.drawers.queries import DrawerFilter, Reach
from ledger.drawers.reports import read_report, x_report, z_report
from ledger.drawers.requests import Count, NewDrawer, NewTransaction
from ledger.drawers.transactions import RecordedTransaction, transact

__all__ = [
    "Caller", "Count", "DrawerFilter", "DrawerReport", "NewDrawer", "NewTransaction", "Reach",
    "RecordedTransaction", "adjust_closed", "adjust_late", "by_hand", "close_drawer", "count_drawer",
    "open_drawer", "read_report", "transact", "try_adjusting", "x_report", "z_report",
]  # fmt: skip
