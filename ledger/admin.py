"""Django's autodiscovery starts here; the pages stand in `ledger.backoffice`."""

from ledger.backoffice import accounts, drawers, journals, periods
from ledger.backoffice.fx import rates, settlements

__all__ = ["accounts", "drawers", "journals", "periods", "rates", "settlements"]
