"""Register the pages of every app: Django looks for them here (`admin.autodiscover` in `ledgersafe.urls`)."""

from exceptions.desk import admin as desk
from ledger.backoffice import accounts, drawers, journals, periods
from ledger.backoffice.fx import rates, settlements
from ledgersafe.people import admin as people
from ledgersafe.setup import admin as setup
from pos.backoffice import arrivals

__all__ = ["accounts", "arrivals", "desk", "drawers", "journals", "people", "periods", "rates", "settlements", "setup"]
