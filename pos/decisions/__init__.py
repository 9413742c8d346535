"""Decisions on held events: resolve, preview, weigh, replay.

`resolve` has the use cases of people, `release` posts events that waited for their original, `replay_jobs` replays all
cases of one reason. `carry_out` runs a decision in its transaction: `held_cases` locks, `candidates` reads the version,
`ruling` rules (pure), `admission` and `second_person` refuse, `writing` posts. `weigh` and `effects` describe choices
for display.
"""

from pos.decisions.admission import OfAnotherStore
from pos.decisions.effects import Choice, PreviewJournal
from pos.decisions.release import release_waiting
from pos.decisions.replay_jobs import dry_run, request_replay, run_replay, unfinished_jobs
from pos.decisions.resolve import (
    MAX_BULK,
    BulkOutcome,
    Preview,
    ResolvedCase,
    preview_resolution,
    resolve_case,
    resolve_in_bulk,
)
from pos.decisions.ruling import ReplayValidationFailed, reversal_day
from pos.decisions.weigh import weigh_choices, weigh_decision

# fmt: off
__all__ = [
    "MAX_BULK", "BulkOutcome", "Choice", "OfAnotherStore", "Preview", "PreviewJournal", "ReplayValidationFailed",
    "ResolvedCase", "dry_run", "preview_resolution", "release_waiting", "request_replay", "resolve_case",
    "resolve_in_bulk", "reversal_day", "run_replay", "unfinished_jobs", "weigh_choices", "weigh_decision",
]
# fmt: on
