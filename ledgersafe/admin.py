"""Django looks for admin pages here: people, and the set-up of tenants."""

from ledgersafe.people import admin as people_admin
from ledgersafe.setup import admin as setup_admin

__all__ = ["people_admin", "setup_admin"]
