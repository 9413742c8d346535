"""The catalogue is complete: every code of the contract has a meaning and something a person can do."""

import pytest

from exceptions.reasons import REASONS, STATE_CODES, AllowedDecision

#: As the contract lists them.
CODES = [
    "IDEMPOTENCY_CONFLICT",
    "UNKNOWN_EVENT_TYPE",
    "SCHEMA_VALIDATION_FAILED",
    "UNSUPPORTED_SCHEMA_VERSION",
    "MISSING_REFERENCE",
    "CANNOT_EXCEED_ORIGINAL",
    "TOTALS_MISMATCH",
    "SIGN_MISMATCH",
    "UNKNOWN_CURRENCY",
    "UNKNOWN_STORE",
    "LATE_EVENT_OUTSIDE_WINDOW",
    "CLOCK_SKEW",
    "DAY_CLOSED",
    "DUPLICATE_SOURCE_EVENT_ID",
    "SEQUENCE_GAP",
    "NEAR_DUPLICATE",
    "PROCESSING_FAILED",
]
STATES = ["ALREADY_QUARANTINED", "SUPERSEDED", "REJECTED_BY_OPERATOR", "IGNORED_BY_OPERATOR"]


def test_it_knows_the_contracts_codes_and_no_others() -> None:
    assert sorted(REASONS) == sorted(CODES)
    assert sorted(STATE_CODES) == sorted(STATES)


@pytest.mark.parametrize("code", CODES)
def test_every_reason_says_what_it_means_and_what_can_be_decided(code: str) -> None:
    reason = REASONS[code]
    assert reason.code == code
    assert reason.meaning.endswith(".")
    assert reason.advice.endswith(".")
    assert AllowedDecision.IGNORE in reason.decisions
    assert len(set(reason.decisions)) == len(reason.decisions) > 1


def test_only_a_conflict_has_versions_to_choose_from() -> None:
    assert [code for code, reason in REASONS.items() if AllowedDecision.CHOOSE_VERSION in reason.decisions] == [
        "IDEMPOTENCY_CONFLICT"
    ]
