"""Text of a proposal: the requested decision, with its versions and amounts."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exceptions.decisions import DecisionAction
from exceptions.desk.case_view import Review, Version
from exceptions.desk.review.form import decision_of
from exceptions.patching import patched
from ledgersafe.values import exact_json
from ledgersafe.values.errors import DomainError
from ledgersafe.values.money import MoneyError, is_currency, to_decimal_text, to_minor

WEIGHED = "weighed"


def wish_of(proposal: Any, patch_text: str | None, version: Version | None, review: Review) -> str:
    """The end of "Anna wants to …": `post version 2 (LAST, 15.55 USD) instead of version 1 (FIRST, 28.40 USD)`."""
    posted = next((each for each in review.versions if each.in_books), None)
    base = review.case.tenant.base_currency
    if proposal.action != DecisionAction.REPLAY:
        stays = f": {_version_text(posted, posted.value, base)} stays posted" if posted else ""
        return f"dismiss the event and post nothing{stays}"
    if version is None:
        return f"post arrival {proposal.canonical_raw_id}"
    if patch_text is None and version is posted:
        return f"keep {_version_text(version, version.value, base)}, which is already posted"
    value = _patched(version.value, proposal, patch_text) if patch_text else version.value
    corrected = "a correction of " if patch_text else ""
    instead = f" instead of {_version_text(posted, posted.value, base)}" if posted else ""
    return f"post {corrected}{_version_text(version, value, base)}{instead}"


def _version_text(version: Version, value: Any, base_currency: str) -> str:
    """`version 2 (LAST, 15.55 USD)`."""
    name = version.name if version.name in {"FIRST", "LAST"} else ""
    details = ", ".join(part for part in (name, _amount(value, base_currency)) if part)
    return f"version {version.number}{f' ({details})' if details else ''}"


def _patched(value: Any, proposal: Any, patch_text: str) -> Any:
    try:
        decision = decision_of(proposal, patch_text, WEIGHED)
        return patched(value, decision.patch or {}) if isinstance(value, Mapping) else None
    except DomainError:
        return None


def _amount(value: Any, base_currency: str) -> str:
    """The event's total like `15.55 USD`; empty when it cannot be read."""
    total = value.get("total_amount") if isinstance(value, Mapping) else None
    currency = (value.get("currency") or base_currency) if total is not None else ""
    if isinstance(total, exact_json.Number):
        total = exact_json.decimal_of(total)
    if not isinstance(total, str | int | Decimal) or isinstance(total, bool) or not is_currency(currency):
        return ""
    try:
        return f"{to_decimal_text(to_minor(total, currency), currency)} {currency}"
    except MoneyError:
        return ""
