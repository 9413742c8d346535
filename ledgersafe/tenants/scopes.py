"""Describe scopes for people who give out keys. A test compares every word with the views.

Each phrase belongs to a path prefix below `/v1/` that the scope opens. The sentences are built from the phrases, so
that they name everything the views open, and nothing else.
"""

from typing import Final

from ledgersafe.tenants.models import SCOPES, TENANT_SCOPES

POWERS: Final[dict[str, dict[str, str]]] = {
    "events:write": {"events": "send events, one or many at a time"},
    "events:read": {"events": "read received events and their outcome"},
    "exceptions:read": {"exceptions": "see held events, with all their versions"},
    "exceptions:resolve": {"exceptions": "assign, preview and decide held events"},
    "pos:write": {
        "pos/ledgers": "open, count and close cash drawers",
        "pos/transactions": "record sales, refunds, payouts and cash in or out of a drawer",
    },
    "pos:read": {
        "pos/ledgers": "read cash drawers with their X- and Z-reports",
        "sales": "sales",
        "reports": "daily sales, articles, taxes and reconciliation",
        "devices": "devices and their missing events",
    },
    "ledger:read": {
        "accounts": "read accounts with balances and statements",
        "journals": "journals",
        "reports": "financial reports",
        "fx": "FX rates and settlements",
        "periods": "business days with their accountant packs",
    },
    "ledger:write": {
        "accounts": "open and change accounts",
        "transfers": "post transfers",
        "journals": "reverse journals",
        "fx": "record FX rates and settle between currencies",
        "periods": "close business days",
    },
    "recon:read": {},
    "recon:write": {},
    "admin": {
        "periods": "reopen business days",
        "devices": "explain gaps of devices",
    },
}
#: `admin` beyond its own endpoints: see `Principal.holds` and `KeyPrincipal.may_approve`.
_ADMIN: Final = (
    "All other scopes, plus: {}. Also confirms decisions above a limit, sees the expected cash in blind counts, and "
    "may force the close of a day."
)
#: Scopes with endpoints. The contract also has scopes without any: accepted, but not offered.
OFFERED: Final = tuple(scope for scope in SCOPES if POWERS[scope])


def meaning_of(scope: str) -> str:
    """Describe in one sentence what a scope opens."""
    powers = list(POWERS[scope].values())
    if not powers:
        return "No endpoints yet."
    listed = "; ".join(powers)
    if scope == "admin":
        return _ADMIN.format(listed)
    return f"{listed[0].upper()}{listed[1:]}."


def is_of_whole_tenant(scope: str) -> bool:
    """Tell whether a scope is refused to keys of one store or register."""
    return scope in TENANT_SCOPES
