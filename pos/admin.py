"""Django looks for admin pages here."""

from pos.backoffice import arrivals

__all__ = ["arrivals"]
