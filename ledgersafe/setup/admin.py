"""Register the set-up pages with Django's admin."""

from ledgersafe.setup.pages.api_keys import ApiKeyAdmin
from ledgersafe.setup.pages.places import RegisterAdmin, StoreAdmin
from ledgersafe.setup.pages.tenants import TenantAdmin

__all__ = ["ApiKeyAdmin", "RegisterAdmin", "StoreAdmin", "TenantAdmin"]
