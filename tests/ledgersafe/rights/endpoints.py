"""Every endpoint of the API with what it must ask of a caller, written down beside the views and not read from them."""

from dataclasses import dataclass, field
from typing import Any, Final

#: The smallest place a key may be bound to and still call it; and what answers without any rights.
TENANT, STORE, REGISTER, OPEN = "tenant", "store", "register", "open"

_NOTES: Final = {"action": "mark_resolved_no_replay", "resolution_notes": "Not theirs to decide."}
_ENDING: Final = {"proposal_id": 1, "resolution_notes": "Not theirs to end."}
_COUNT: Final = {"actual_cash": 1}


@dataclass(frozen=True)
class Endpoint:
    """One method of one path. `body` is what a caller sends about an id that is not theirs."""

    method: str
    path: str
    scope: str
    reach: str
    body: dict[str, Any] = field(default_factory=dict)
    #: Roles of the back office that may call it whatever their scopes are; None: by their scopes.
    roles: frozenset[str] | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _reads(scope: str, reach: str, *paths: str) -> list[Endpoint]:
    return [Endpoint("GET", path, scope, reach) for path in paths]


ENDPOINTS: Final = [
    Endpoint("GET", "health", "", OPEN),
    # The till's side.
    Endpoint("POST", "events", "events:write", REGISTER, roles=frozenset()),
    Endpoint("POST", "events/batch", "events:write", REGISTER, roles=frozenset()),
    *_reads("events:read", REGISTER, "events", "events/{raw_id}"),
    *_reads("pos:read", REGISTER, "sales", "sales/{event_id}"),
    *_reads("pos:read", STORE, "reports/daily-sales", "reports/articles", "reports/taxes"),
    *_reads("pos:read", TENANT, "reports/reconciliation", "devices", "devices/{device_id}/gaps"),
    Endpoint("POST", "devices/{device_id}/gaps/explain", "admin", TENANT, roles=frozenset({"supervisor"})),
    # Cash drawers.
    *_reads("pos:read", REGISTER, "pos/ledgers", "pos/ledgers/{drawer_id}"),
    *_reads("pos:read", REGISTER, "pos/ledgers/{drawer_id}/x-report", "pos/ledgers/{drawer_id}/z-report"),
    Endpoint("POST", "pos/ledgers", "pos:write", REGISTER),
    Endpoint("POST", "pos/ledgers/{drawer_id}/count", "pos:write", REGISTER, _COUNT),
    Endpoint("POST", "pos/ledgers/{drawer_id}/close", "pos:write", REGISTER, _COUNT),
    Endpoint("POST", "pos/transactions", "pos:write", REGISTER),
    # Held work.
    *_reads("exceptions:read", STORE, "exceptions", "exceptions/{case_id}"),
    Endpoint("POST", "exceptions/{case_id}/resolve", "exceptions:resolve", STORE, _NOTES),
    Endpoint("POST", "exceptions/{case_id}/preview", "exceptions:resolve", STORE, _NOTES),
    Endpoint("POST", "exceptions/{case_id}/assign", "exceptions:resolve", STORE, {"assigned_to": "anna"}),
    Endpoint("POST", "exceptions/{case_id}/decline", "exceptions:resolve", STORE, _ENDING),
    Endpoint("POST", "exceptions/{case_id}/withdraw", "exceptions:resolve", STORE, _ENDING),
    Endpoint("POST", "exceptions/bulk-resolve", "exceptions:resolve", STORE, roles=frozenset({"supervisor"})),
    # The books.
    *_reads("ledger:read", TENANT, "accounts", "accounts/{code}", "accounts/{code}/history"),
    *_reads("ledger:read", TENANT, "accounts/{code}/balance", "accounts/{code}/statement", "accounts/{code}/explain"),
    Endpoint("POST", "accounts", "ledger:write", TENANT),
    Endpoint("PATCH", "accounts/{code}", "ledger:write", TENANT, {"name": "Another"}),
    Endpoint("POST", "transfers", "ledger:write", TENANT),
    Endpoint("POST", "transfers/bulk", "ledger:write", TENANT),
    *_reads("ledger:read", TENANT, "journals", "journals/{journal_id}"),
    Endpoint("POST", "journals/{journal_id}/reverse", "ledger:write", TENANT),
    *_reads("ledger:read", TENANT, "reports/balances", "reports/trial-balance", "reports/balance-sheet"),
    *_reads("ledger:read", TENANT, "reports/income-statement", "reports/fx-clearing"),
    *_reads("ledger:read", TENANT, "fx/rates", "fx/convert", "fx/settlements", "fx/settlements/{settlement_id}"),
    Endpoint("PUT", "fx/rates", "ledger:write", TENANT),
    Endpoint("POST", "fx/settlements", "ledger:write", TENANT),
    # Business days.
    *_reads("ledger:read", TENANT, "periods", "periods/{day}/readiness", "periods/{day}/pack/{name}"),
    Endpoint("POST", "periods/{day}/close", "ledger:write", TENANT, roles=frozenset({"accountant"})),
    Endpoint("POST", "periods/{day}/reopen", "admin", TENANT, roles=frozenset({"supervisor"})),
]
#: Ids that belong to one tenant: another's answers exactly as one that is absent. All others are names of anybody's.
OWNED: Final = ("raw_id", "event_id", "drawer_id", "case_id", "code", "journal_id", "settlement_id")
#: What cannot be anybody's.
ABSENT: Final = {
    "raw_id": "999999999999", "event_id": "nobody", "drawer_id": "999999999999",
    "case_id": "00000000-0000-4000-8000-000000000000", "code": "NOBODY", "journal_id": "999999999999",
    "settlement_id": "999999999999",
}  # fmt: skip
ROLE_SCOPES: Final = {
    "operator": {"events:read", "exceptions:read", "exceptions:resolve", "ledger:read", "pos:read"},
    "supervisor": {"events:read", "exceptions:read", "exceptions:resolve", "ledger:read", "pos:read"},
    "accountant": {"events:read", "exceptions:read", "ledger:read", "pos:read", "recon:read"},
    "auditor": {"events:read", "exceptions:read", "ledger:read", "pos:read", "recon:read"},
    "tenant_administrator": {"events:read", "exceptions:read", "ledger:read", "pos:read", "recon:read"},
}
