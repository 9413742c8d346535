"""The catalogue is complete: every code of the contract has a meaning and something a person can do."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

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
APPS = ("pos", "ledger", "exceptions", "recon", "ledgersafe")
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


def held_under() -> Iterator[str]:
    """The codes with which events are held: the first argument of every `Hold(…)` in the product."""
    for path in (path for app in APPS for path in (Path(settings.BASE_DIR) / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Hold":
                yield from (str(arg.value) for arg in node.args[:1] if isinstance(arg, ast.Constant))


def test_nothing_is_held_under_a_code_the_catalogue_lacks() -> None:
    codes = set(held_under())
    assert len(codes) > 10
    assert codes <= set(REASONS)


def test_every_code_is_used() -> None:
    catalogue = Path(settings.BASE_DIR) / "exceptions/reasons.py"
    files = (
        path for app in APPS for kind in ("py", "sql") for path in (Path(settings.BASE_DIR) / app).rglob(f"*.{kind}")
    )
    text = "\n".join(path.read_text() for path in files if path != catalogue)
    assert [code for code in (*REASONS, *STATE_CODES) if code not in text] == []
