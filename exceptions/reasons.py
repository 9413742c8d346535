"""The catalogue of reason codes: meaning, severity, the decisions a person can make, advice.

`docs/reason-codes.md` is generated from it by `manage.py reason_codes`.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Severity(Enum):
    """How soon a held event needs a decision."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class AllowedDecision(Enum):
    """Decisions a person can make on a held event, in the words of the back office."""

    KEEP_FIRST = "keep the first version"
    CHOOSE_VERSION = "post another version"
    PATCH_AND_REPLAY = "correct and post"
    REPLAY = "post as it is"
    IGNORE = "dismiss"


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason code. `meaning` and `advice` are sentences for people; `decisions` are those it allows."""

    code: str
    meaning: str
    severity: Severity
    decisions: tuple[AllowedDecision, ...]
    advice: str


_REPAIR: Final = (AllowedDecision.PATCH_AND_REPLAY, AllowedDecision.REPLAY, AllowedDecision.IGNORE)

_CATALOGUE: Final = (
    Reason(
        "IDEMPOTENCY_CONFLICT",
        "Two different versions of this event arrived.",
        Severity.HIGH,
        (
            AllowedDecision.KEEP_FIRST,
            AllowedDecision.CHOOSE_VERSION,
            AllowedDecision.PATCH_AND_REPLAY,
            AllowedDecision.IGNORE,
        ),
        "Compare the versions. A version that is posted stays posted until someone decides.",
    ),
    Reason(
        "UNKNOWN_EVENT_TYPE",
        "The event type is unknown, or switched off for this tenant.",
        Severity.MEDIUM,
        _REPAIR,
        "Correct the type, or switch it on in the tenant's settings and post the event.",
    ),
    Reason(
        "SCHEMA_VALIDATION_FAILED",
        "Some fields are missing or invalid.",
        Severity.MEDIUM,
        _REPAIR,
        "Correct the fields that are listed.",
    ),
    Reason(
        "UNSUPPORTED_SCHEMA_VERSION",
        "Unsupported format version (supported: 1.x).",
        Severity.MEDIUM,
        _REPAIR,
        "Update the till's software, or post the event once the version is supported.",
    ),
    Reason(
        "MISSING_REFERENCE",
        "The original sale is missing or ambiguous.",
        Severity.MEDIUM,
        _REPAIR,
        "It posts automatically once the original arrives. Or enter the right original.",
    ),
    Reason(
        "CANNOT_EXCEED_ORIGINAL",
        "The return, void or correction is larger than what is left of the original sale.",
        Severity.HIGH,
        _REPAIR,
        "Check the receipt: the goods may have been returned before.",
    ),
    Reason(
        "TOTALS_MISMATCH",
        "The lines do not add up to the total, or the payments do not cover it.",
        Severity.HIGH,
        _REPAIR,
        "Find the missing line or payment. Amounts are never guessed.",
    ),
    Reason(
        "SIGN_MISMATCH",
        "An amount is negative, or zero where money must move.",
        Severity.MEDIUM,
        _REPAIR,
        "Send a return as RETURN with positive amounts: the event type gives the direction.",
    ),
    Reason(
        "UNKNOWN_CURRENCY",
        "The currency is not in ISO 4217, or there is no rate for a payment's currency.",
        Severity.MEDIUM,
        _REPAIR,
        "Record the rate of that day and post the event, or correct the currency.",
    ),
    Reason(
        "UNKNOWN_STORE",
        "There is no such store or register, and this tenant does not add them automatically.",
        Severity.MEDIUM,
        _REPAIR,
        "Create the store or register and post the event, or correct the code.",
    ),
    Reason(
        "LATE_EVENT_OUTSIDE_WINDOW",
        "The event's business day is closed, and it is too late to post it to the open day.",
        Severity.MEDIUM,
        _REPAIR,
        "Post it to an open day by correcting business_date, or dismiss it.",
    ),
    Reason(
        "CLOCK_SKEW",
        "The event's time cannot be right: in the future, before the books start, later than it was sent, or on a day "
        "other than its date.",
        Severity.LOW,
        _REPAIR,
        "Set the till's clock and correct occurred_at. If the event really is that old, a tenant administrator can let "
        "the books start earlier; then post it.",
    ),
    Reason(
        "DAY_CLOSED",
        "The original belongs to a closed business day and can no longer be undone.",
        Severity.MEDIUM,
        _REPAIR,
        "Send a RETURN or a CORRECTION instead.",
    ),
    Reason(
        "DUPLICATE_SOURCE_EVENT_ID",
        "The source system sent this event before, under another event id.",
        Severity.HIGH,
        _REPAIR,
        "Usually a retry with a new number; dismiss it. Otherwise correct source_event_id.",
    ),
    Reason(
        "SEQUENCE_GAP",
        "The device gave the same number to another event: it was copied or reset.",
        Severity.MEDIUM,
        _REPAIR,
        "Compare the two events. Post this one if it is a separate sale, and give the device a new device_id.",
    ),
    Reason(
        "NEAR_DUPLICATE",
        "The same basket was sold at the same till within seconds, under another event id.",
        Severity.MEDIUM,
        _REPAIR,
        "Compare with the event it names. Post it if two sales were made, otherwise dismiss it.",
    ),
    Reason(
        "PROCESSING_FAILED",
        "The event is saved, but posting it failed; the message says why.",
        Severity.HIGH,
        _REPAIR,
        "Unblock the account, or wait for a fix; then post the event.",
    ),
)

REASONS: Final[dict[str, Reason]] = {reason.code: reason for reason in _CATALOGUE}

#: Codes of states in answers to tills; no case has one of them.
STATE_CODES: Final = {
    "ALREADY_QUARANTINED": "This version is already held; `exception_id` names the open case.",
    "SUPERSEDED": "This version was posted or corrected before; another version has replaced it.",
    "REJECTED_BY_OPERATOR": "A person decided against this version: another one was kept or posted.",
    "IGNORED_BY_OPERATOR": "A person decided never to post this event.",
}
