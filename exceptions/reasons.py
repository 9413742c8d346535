"""The catalogue of reason codes: what each means, how urgent it is, what a person can decide."""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Severity(Enum):
    """How soon somebody should look."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class AllowedDecision(Enum):
    """What a person can decide on a held event."""

    KEEP_FIRST = "keep first"
    CHOOSE_VERSION = "choose another version"
    PATCH_AND_REPLAY = "patch and replay"
    REPLAY = "replay as it is"
    IGNORE = "resolve without replay"


@dataclass(frozen=True, slots=True)
class Reason:
    """One code: its meaning, severity, the decisions it allows, and what usually helps."""

    code: str
    meaning: str
    severity: Severity
    decisions: tuple[AllowedDecision, ...]
    advice: str


_REPAIR: Final = (AllowedDecision.PATCH_AND_REPLAY, AllowedDecision.REPLAY, AllowedDecision.IGNORE)

_CATALOGUE: Final = (
    Reason(
        "IDEMPOTENCY_CONFLICT",
        "The same event id came with another payload.",
        Severity.HIGH,
        (
            AllowedDecision.KEEP_FIRST,
            AllowedDecision.CHOOSE_VERSION,
            AllowedDecision.PATCH_AND_REPLAY,
            AllowedDecision.IGNORE,
        ),
        "Compare the versions; what was posted stays posted until somebody decides.",
    ),
    Reason(
        "UNKNOWN_EVENT_TYPE",
        "The event type is not in the contract, or the tenant has switched it off.",
        Severity.MEDIUM,
        _REPAIR,
        "Correct the type, or switch it on for the tenant and replay.",
    ),
    Reason(
        "SCHEMA_VALIDATION_FAILED",
        "A field is missing or not as the contract says; each is named by pointer.",
        Severity.MEDIUM,
        _REPAIR,
        "Patch the fields that are named.",
    ),
    Reason(
        "UNSUPPORTED_SCHEMA_VERSION",
        "The event was written for a version of the contract that is not known; 1.x is.",
        Severity.MEDIUM,
        _REPAIR,
        "Update the till's software, or replay once the version is supported.",
    ),
    Reason(
        "MISSING_REFERENCE",
        "The event names no event it is about, several, or one that is not in the books.",
        Severity.MEDIUM,
        _REPAIR,
        "It is posted by itself when that one lands; or name the right one.",
    ),
    Reason(
        "CANNOT_EXCEED_ORIGINAL",
        "More is taken back than is left of the event it is about, or that one cannot bear it.",
        Severity.HIGH,
        _REPAIR,
        "Check the receipt; it may have been returned before.",
    ),
    Reason(
        "TOTALS_MISMATCH",
        "Lines, taxes, tips and discounts do not add up to the total, or the tenders not to what is due.",
        Severity.HIGH,
        _REPAIR,
        "Find the missing line or tender; amounts are never guessed.",
    ),
    Reason(
        "SIGN_MISMATCH",
        "An amount is negative, or zero where money must move; the type gives the direction.",
        Severity.MEDIUM,
        _REPAIR,
        "Send a return as RETURN, with positive amounts.",
    ),
    Reason(
        "UNKNOWN_CURRENCY",
        "The currency is not in ISO 4217, or a tender's currency has no rate.",
        Severity.MEDIUM,
        _REPAIR,
        "Record the rate that held then and replay, or correct the code.",
    ),
    Reason(
        "UNKNOWN_STORE",
        "The tenant is strict, and has no such store or register.",
        Severity.MEDIUM,
        _REPAIR,
        "Create the store or register and replay, or correct the code.",
    ),
    Reason(
        "LATE_EVENT_OUTSIDE_WINDOW",
        "The event's business day is closed and the tenant's late window is over.",
        Severity.MEDIUM,
        _REPAIR,
        "Post it into the open day by replaying with another business_date, or ignore it.",
    ),
    Reason(
        "CLOCK_SKEW",
        "The event claims to be from the future, from before the books start, after it was sent, or of another day "
        "than its date.",
        Severity.LOW,
        _REPAIR,
        "Set the till's clock; patch occurred_at. If it is as old as it says, a tenant administrator can set "
        "books_start to an earlier day; then replay it.",
    ),
    Reason(
        "DAY_CLOSED",
        "What is to be undone belongs to a business day that is closed.",
        Severity.MEDIUM,
        _REPAIR,
        "Send a RETURN or a CORRECTION instead.",
    ),
    Reason(
        "DUPLICATE_SOURCE_EVENT_ID",
        "The source system's own id has come under another event id already.",
        Severity.HIGH,
        _REPAIR,
        "Most often a till that renumbered a retry: ignore it. Otherwise patch source_event_id.",
    ),
    Reason(
        "SEQUENCE_GAP",
        "The device's number of this event belongs to another event id already: the device was copied or reset.",
        Severity.MEDIUM,
        _REPAIR,
        "Compare the two events; give the device another device_id. Replay this one if it is a sale of its own.",
    ),
    Reason(
        "NEAR_DUPLICATE",
        "The same basket was sold at the same till, under another id, within seconds (where a tenant asks for it).",
        Severity.MEDIUM,
        _REPAIR,
        "Compare with the event it names: replay it if two were sold, else resolve it without replay.",
    ),
    Reason(
        "PROCESSING_FAILED",
        "The event is kept, but posting it failed; `details` says at what.",
        Severity.HIGH,
        _REPAIR,
        "A blocked account or a fault of ours: replay once the cause is gone.",
    ),
)

REASONS: Final[dict[str, Reason]] = {reason.code: reason for reason in _CATALOGUE}

#: Codes that tell a state in an answer; nothing is held under them.
STATE_CODES: Final = {
    "ALREADY_QUARANTINED": "This version is held already; `exception_id` names the open case.",
    "SUPERSEDED": "This version stood in the books, or was patched; somebody put another one in its place.",
    "REJECTED_BY_OPERATOR": "Somebody decided that this version is not posted: another one was kept or chosen.",
    "IGNORED_BY_OPERATOR": "Somebody decided that this event is never posted.",
}
