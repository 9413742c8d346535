"""Django looks for admin pages here."""

from ledger.backoffice import books

__all__ = ["books"]
