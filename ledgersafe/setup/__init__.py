"""USE CASES on tenants, stores, registers and API keys, for commands and the back office.

`tenants` and `tenant_settings` (create, change) → `store_zones` → `places` (stores and registers) → `api_keys` (create,
rotate, revoke); `checks` checks names, codes and settings; the pages are in `pages`, registered in `admin`.

Each use case opens its own transaction, locks the rows it changes, and records the change in the audit trail. A refusal
names the field it is about in `context["field"]`, so that a form can show it there.
"""

from ledgersafe.setup.api_keys import (
    DEFAULT_GRACE,
    AlreadyRotated,
    KeyNotLive,
    create_api_key,
    revoke_api_key,
    rotate_api_key,
)
from ledgersafe.setup.places import (
    RegisterExists,
    StoreExists,
    create_register,
    create_store,
    find_or_add_register,
    find_or_add_store,
    get_store,
    rename_register,
    rename_store,
)
from ledgersafe.setup.store_zones import StoreZoneFixed, set_store_zone
from ledgersafe.setup.tenant_settings import TenantChanges
from ledgersafe.setup.tenants import (
    BooksStartFixed,
    CalendarFixed,
    StaleSettings,
    TenantExists,
    change_tenant,
    create_tenant,
    get_tenant,
)

__all__ = [
    "DEFAULT_GRACE",
    "AlreadyRotated",
    "BooksStartFixed",
    "CalendarFixed",
    "KeyNotLive",
    "RegisterExists",
    "StaleSettings",
    "StoreExists",
    "StoreZoneFixed",
    "TenantChanges",
    "TenantExists",
    "change_tenant",
    "create_api_key",
    "create_register",
    "create_store",
    "create_tenant",
    "find_or_add_register",
    "find_or_add_store",
    "get_store",
    "get_tenant",
    "rename_register",
    "rename_store",
    "revoke_api_key",
    "rotate_api_key",
    "set_store_zone",
]
