"""The decision to carry out: on whose behalf, by whom and when."""

from dataclasses import dataclass
from datetime import datetime

from exceptions.decisions import Decision
from ledgersafe.values import exact_json


@dataclass(frozen=True, slots=True)
class DecisionRequest:
    """A decision on any number of cases of a tenant, with its actor and instant."""

    tenant_id: int
    decision: Decision
    actor: str
    may_approve: bool
    now: datetime
    #: Made by the system for events that came before their original: needs no second person.
    automatic: bool = False
    #: The store the caller is bound to; events with a version of another store are refused.
    bound_to: str | None = None


def patch_text(decision: Decision) -> str | None:
    """Encode the patch as exact JSON text, every number as written; None without a patch."""
    if decision.patch is None:
        return None
    if isinstance(decision.patch, dict):
        return exact_json.canonical_text(decision.patch)
    return exact_json.canonical_text({"": decision.patch})[len('{"":') : -1]
