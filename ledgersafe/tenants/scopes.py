"""Describe scopes for people who give out keys. A test compares every word with the views.

The words stand by the beginning of the paths below `/v1/` that the scope opens there: a sentence is made of them, so
that it names what the views open, all of it and nothing else.
"""

from typing import Final

from ledgersafe.tenants.models import SCOPES, TENANT_SCOPES

POWERS: Final[dict[str, dict[str, str]]] = {
    "events:write": {"events": "send events, one or many at a time"},
    "events:read": {"events": "look up what arrived and what became of it"},
    "exceptions:read": {"exceptions": "see held events, with all their versions"},
    "exceptions:resolve": {"exceptions": "assign, preview and decide held events"},
    "pos:write": {
        "pos/ledgers": "open, count and close cash drawers",
        "pos/transactions": "record sales, refunds, payouts and cash in or out of a drawer",
    },
    "pos:read": {
        "pos/ledgers": "read cash drawers with their X- and Z-reports",
        "sales": "sales",
        "reports": "daily sales, articles, taxes and how a day reconciles",
        "devices": "devices and what is missing of them",
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
#: What `admin` is beside its own endpoints: `Principal.holds` and `KeyPrincipal.may_approve`.
_ADMIN: Final = (
    "Everything the other scopes open, and: {}. It also confirms what is above a limit, sees blind counts, and forces "
    "the close of a day."
)
#: Those that open something. The others are known to the contract and accepted, and not offered.
OFFERED: Final = tuple(scope for scope in SCOPES if POWERS[scope])


def meaning_of(scope: str) -> str:
    """Describe in one sentence what a scope opens."""
    powers = list(POWERS[scope].values())
    if not powers:
        return "Opens nothing yet."
    listed = "; ".join(powers)
    if scope == "admin":
        return _ADMIN.format(listed)
    return f"{listed[0].upper()}{listed[1:]}."


def is_of_whole_tenant(scope: str) -> bool:
    """Tell whether a scope is refused to keys of one store or register."""
    return scope in TENANT_SCOPES
