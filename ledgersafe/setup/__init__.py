"""Use cases on tenants, their stores, registers and keys, for commands and the back office.

`tenants` (create, change) → `store_zones` → `places` (stores and registers) → `api_keys` (create, rotate, revoke).
Each records what it changed in the trail, in its own transaction. A refusal names the field it is about in
`context["field"]`.
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
