"""The gate's table, row by row: what an arrival means for a key that exists already."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pos.intake.gate import GateOutcome, Judgement, KeyState, judge
from pos.models import Disposition, KeyStatus

HELD, EFFECTIVE = Disposition.HELD, Disposition.EFFECTIVE
SUPERSEDED, REJECTED, IGNORED = Disposition.SUPERSEDED, Disposition.REJECTED, Disposition.IGNORED
CASE = "7d5f2c0e-case"

#: The four answers a known key can give.
DUPLICATE = Judgement(GateOutcome.DUPLICATE)
STILL_HELD = Judgement(GateOutcome.STILL_HELD, "ALREADY_QUARANTINED")
CONFLICT = Judgement(GateOutcome.CONFLICT, "IDEMPOTENCY_CONFLICT")


def decided(code: str) -> Judgement:
    return Judgement(GateOutcome.DUPLICATE, code)


#: Versions are called A (the first), B, C …; N was never seen.
POSTED = KeyState(1, KeyStatus.PROCESSED, "A", "A", 10, None, {})
POSTED_OPEN = replace(POSTED, open_case=CASE, versions={"B": HELD})
QUARANTINED = KeyState(1, KeyStatus.QUARANTINED, "A", None, None, CASE, {})
QUARANTINED_TWO = replace(QUARANTINED, versions={"B": HELD})
#: Decisions on a posted key.
KEPT_FIRST = replace(POSTED, versions={"A": EFFECTIVE, "B": REJECTED})
CHOSE_LAST = replace(POSTED, effective_hash="B", journal_id=12, versions={"A": SUPERSEDED, "B": EFFECTIVE})
PATCHED = replace(POSTED, effective_hash="P", journal_id=12, versions={"A": SUPERSEDED, "B": REJECTED, "P": EFFECTIVE})
#: Decisions on a key that was never posted.
IGNORED_KEY = KeyState(1, KeyStatus.IGNORED, "A", None, None, None, {"A": IGNORED, "B": IGNORED})
REPLAYED = KeyState(1, KeyStatus.PROCESSED, "A", "P", 12, None, {"A": SUPERSEDED, "P": EFFECTIVE})
#: A decided key on which a new version opened a case again.
REOPENED = replace(CHOSE_LAST, open_case=CASE, versions={**CHOSE_LAST.versions, "D": HELD})
IGNORED_REOPENED = replace(IGNORED_KEY, open_case=CASE, versions={**IGNORED_KEY.versions, "D": HELD})


@dataclass(frozen=True)
class Row:
    """One row of the contract's table, with the state and the arrival it speaks of."""

    says: str
    state: KeyState
    arrival: str
    expected: Judgement


TABLE = [
    Row("posted, effective version: 200", POSTED, "A", DUPLICATE),
    Row("posted, a new version: 202, one exception opens", POSTED, "N", CONFLICT),
    Row("posted, exception open, effective version: 200", POSTED_OPEN, "A", DUPLICATE),
    Row("posted, exception open, the held version again: 202", POSTED_OPEN, "B", STILL_HELD),
    Row("posted, exception open, a third version: 202, joins", POSTED_OPEN, "N", CONFLICT),
    Row("quarantined, the first version: 202", QUARANTINED, "A", STILL_HELD),
    Row("quarantined, a new version: 202, joins", QUARANTINED, "N", CONFLICT),
    Row("quarantined, the first of two versions: 202", QUARANTINED_TWO, "A", STILL_HELD),
    Row("quarantined, the second of two versions: 202", QUARANTINED_TWO, "B", STILL_HELD),
    Row("quarantined, a third version: 202, joins", QUARANTINED_TWO, "N", CONFLICT),
    Row("decided for the first, the first: 200", KEPT_FIRST, "A", DUPLICATE),
    Row("decided for the first, the other: 200 and why", KEPT_FIRST, "B", decided("REJECTED_BY_OPERATOR")),
    Row("decided for the first, a new version: 202", KEPT_FIRST, "N", CONFLICT),
    Row("decided for the last, the last: 200", CHOSE_LAST, "B", DUPLICATE),
    Row("decided for the last, the first: 200 and why", CHOSE_LAST, "A", decided("SUPERSEDED")),
    Row("decided for the last, a new version: 202", CHOSE_LAST, "N", CONFLICT),
    Row("decided for a patch, the patched payload itself: 200", PATCHED, "P", DUPLICATE),
    Row("decided for a patch, the posted one: 200 and why", PATCHED, "A", decided("SUPERSEDED")),
    Row("decided for a patch, the held one: 200 and why", PATCHED, "B", decided("REJECTED_BY_OPERATOR")),
    Row("decided for a patch, a new version: 202", PATCHED, "N", CONFLICT),
    Row("ignored, the first version: 200 and why", IGNORED_KEY, "A", decided("IGNORED_BY_OPERATOR")),
    Row("ignored, the other version: 200 and why", IGNORED_KEY, "B", decided("IGNORED_BY_OPERATOR")),
    Row("ignored, a new version: 202", IGNORED_KEY, "N", CONFLICT),
    Row("quarantined and replayed with a patch, the first: 200 and why", REPLAYED, "A", decided("SUPERSEDED")),
    Row("quarantined and replayed with a patch, the patched payload: 200", REPLAYED, "P", DUPLICATE),
    Row("quarantined and replayed with a patch, a new version: 202", REPLAYED, "N", CONFLICT),
    Row("decided and open again, the effective version: 200", REOPENED, "B", DUPLICATE),
    Row("decided and open again, a version decided on: 200 and why", REOPENED, "A", decided("SUPERSEDED")),
    Row("decided and open again, the held version: 202", REOPENED, "D", STILL_HELD),
    Row("decided and open again, a new version: 202, joins", REOPENED, "N", CONFLICT),
    Row("ignored and open again, an ignored version: 200", IGNORED_REOPENED, "A", decided("IGNORED_BY_OPERATOR")),
    Row("ignored and open again, the held version: 202", IGNORED_REOPENED, "D", STILL_HELD),
    Row("ignored and open again, a new version: 202, joins", IGNORED_REOPENED, "N", CONFLICT),
]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=[row.says for row in TABLE])
def test_the_table_holds_row_by_row(row: Row) -> None:
    assert judge(row.state, row.arrival) == row.expected


@pytest.mark.parametrize("state", [QUARANTINED, IGNORED_REOPENED], ids=["quarantined", "ignored"])
def test_a_key_that_is_not_posted_has_no_duplicate_by_its_effective_hash(state: KeyState) -> None:
    # A left-over effective hash must never make an acknowledgement of something that is not in the books.
    assert judge(replace(state, effective_hash="N"), "N") == CONFLICT


def test_a_held_version_whose_case_is_gone_goes_before_a_person_again() -> None:
    assert judge(replace(POSTED_OPEN, open_case=None), "B") == CONFLICT
    assert judge(replace(QUARANTINED, open_case=None), "A") == CONFLICT


hashes = st.sampled_from("ABCDEF")
states = st.builds(
    KeyState,
    key_id=st.just(1),
    status=st.sampled_from(KeyStatus),
    first_hash=hashes,
    effective_hash=st.none() | hashes,
    journal_id=st.none() | st.just(10),
    open_case=st.none() | st.just(CASE),
    versions=st.dictionaries(hashes, st.sampled_from(Disposition)),
)


@given(state=states)
def test_what_was_never_seen_is_a_conflict_in_every_state(state: KeyState) -> None:
    assert judge(state, "N") == CONFLICT


@given(state=states, arrival=hashes)
def test_every_state_gives_one_of_the_contracts_answers(state: KeyState, arrival: str) -> None:
    judgement = judge(state, arrival)
    codes = ("SUPERSEDED", "REJECTED_BY_OPERATOR", "IGNORED_BY_OPERATOR")
    assert judgement in {DUPLICATE, STILL_HELD, CONFLICT, *map(decided, codes)}
    if judgement == STILL_HELD:
        assert state.open_case is not None
    if judgement == DUPLICATE:
        assert (state.status, arrival) == (KeyStatus.PROCESSED, state.effective_hash)


@given(state=states, arrival=hashes)
def test_an_open_case_never_changes_what_was_decided(state: KeyState, arrival: str) -> None:
    closed = judge(replace(state, open_case=None), arrival)
    if closed.action is GateOutcome.DUPLICATE:
        assert judge(replace(state, open_case=CASE), arrival) == closed
