"""Register the admin pages on people and set-up: Django looks for them here."""

from ledgersafe.people import admin as people_admin
from ledgersafe.setup import admin as setup_admin

__all__ = ["people_admin", "setup_admin"]
