"""The figures of the close: of a day of 100,000 postings, against the least it has to know: a sum per account."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench import databases
from bench.book_history import History
from bench.figures import Figure, Plan, Target, compare
from bench.load import UnexpectedAnswer
from bench.progress import Progress
from bench.servers import ask_program, owner_of, prepare
from bench.workers import Worker

DATABASE = "close"
SETUP_STEPS = 2
ACCOUNTS = 1_000
#: Postings of the day whose statements are counted beside the large ones'.
_TINY = 1_000
_MODULE = "bench.closing"


def measure_close(plan: Plan, progress: Progress) -> list[Figure]:
    """Days closed one after the other, as business goes on; each once, for there is no opening again."""
    progress.say(f"close: writing {plan.rounds + 1} days of {plan.day_postings:,} postings")
    many, tiny, small, large = (
        _history(slug, postings, days)
        for slug, (postings, days) in zip(
            prepare(DATABASE, 4),
            (
                (plan.day_postings, plan.rounds + 1),
                (_TINY, 2),
                (plan.small_day_postings, 1),
                (plan.day_postings, 1),
            ),
            strict=True,
        )
    )
    databases.settle(DATABASE)
    progress.advance()
    with Worker(_MODULE, DATABASE) as worker:
        measured, counted = _rounds(worker, many, plan, progress)
        _close(worker, tiny, 0)  # the worker learns the tenant's calendar, as it has learned the other one's
        few = _close(worker, tiny, 1)["statements"]
    figures = _times(measured, plan, few, counted)
    if Path("/proc/self/status").exists():
        progress.say("close: memory")
        figures.append(_memory({"large": large, "small": small}, plan))
    progress.advance()
    databases.drop(DATABASE)
    return figures


def _history(slug: str, postings: int, days: int) -> History:
    """Write days that are over and open."""
    history = History(slug, postings * days, 0, ACCOUNTS, days, is_closed=False)
    ask_program(owner_of(DATABASE), "bench.book_history", history.as_argument())
    return history


def _close(worker: Worker, history: History, number: int) -> dict[str, Any]:
    told = worker.ask(f"close {history.slug} {history.day(number)}")
    if told["accounts"] != ACCOUNTS:
        raise UnexpectedAnswer(f"The close came to {told}.")
    return told


def _rounds(
    worker: Worker, history: History, plan: Plan, progress: Progress
) -> tuple[dict[str, list[float]], list[int]]:
    """Milliseconds by what was done, and statements, of every round. The first warms up."""
    measured: dict[str, list[float]] = {"close": [], "pack": [], "bare sum": []}
    counted = []
    for turn in range(plan.rounds + 1):
        progress.say(f"close, round {turn} of {plan.rounds}" if turn else "close: warm-up")
        told = _close(worker, history, turn)
        for name, taken in measured.items() if turn else ():
            taken.append(told[name] * 1000)
        counted += [told["statements"]] if turn else []
        progress.advance()
    return measured, counted


def _times(measured: Mapping[str, list[float]], plan: Plan, few: int, counted: list[int]) -> list[Figure]:
    """Besides the ratio: as many statements as a day of 1,000 postings takes."""
    many = max(counted)
    title = f"close of a day with {plan.day_postings:,} postings on {ACCOUNTS:,} accounts, without its pack,"
    known: dict[str, Any] = {"name": "close", "unit": "ms"}
    return [
        compare(
            measured,
            "close",
            "bare sum",
            title=f"{title} against a bare sum per account",
            target=Target(3.0, at_most=True),
            note=f"{few} statements with {_TINY:,} postings, {many} with {plan.day_postings:,}",
            missed="" if few == many else "another number of statements",
            **known,
        ),
        compare(
            measured, "pack", "bare sum", title="… its accountant pack, nine files fingerprinted", target=None, **known
        ),
    ]


def _memory(days: Mapping[str, History], plan: Plan) -> Figure:
    """A fresh process closes one day, and writes its pack into a folder."""
    peaks, sizes = {}, {}
    for name, history in days.items():
        with Worker(_MODULE, DATABASE) as worker:
            told = worker.ask(f"write {history.slug} {history.day(0)}")
        peaks[name], sizes[name] = [told["peak"]], told["size"]
    title = (
        f"peak memory of closing a day of {plan.day_postings:,} postings and writing its pack, "
        f"against {plan.small_day_postings:,}"
    )
    return compare(
        peaks,
        "large",
        "small",
        name="close",
        title=title,
        target=Target(1.1, at_most=True),
        unit="MiB",
        note=f"packs of {sizes['large']:.1f} and {sizes['small']:.1f} MiB; measured once",
    )
