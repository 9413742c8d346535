"""Figures: ratios of the rounds of one run, and the targets they are held against."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Target:
    """What a ratio should come to."""

    bound: float
    at_most: bool = False

    def is_met_by(self, ratio: float) -> bool:
        return ratio <= self.bound if self.at_most else ratio >= self.bound

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {self.bound:.3g} ×"


@dataclass(frozen=True)
class Figure:
    """A line of the table: a ratio per round, and the absolute figures of this machine for the curious."""

    name: str
    title: str
    #: None: nothing it has to come to; it is told so that nobody takes another line to contain it.
    target: Target | None
    ratios: Sequence[float]
    #: Contestant → its figure in every round, in `unit`.
    absolute: Mapping[str, Sequence[float]]
    unit: str
    note: str = ""
    #: What it had to come to besides the ratio, and did not.
    missed: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.ratios)

    @property
    def is_met(self) -> bool:
        return (self.target is None or self.target.is_met_by(self.median)) and not self.missed

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "name": self.name,
            "title": self.title,
            "target": str(self.target) if self.target else None,
            "met": self.is_met,
            "ratio": {"median": self.median, "min": min(self.ratios), "max": max(self.ratios), "rounds": self.ratios},
            "absolute": {"unit": self.unit, **self.absolute},
            "note": self.note,
            "missed": self.missed,
        }


def compare(measured: Mapping[str, Sequence[float]], first: str, second: str, **known: Any) -> Figure:
    """The figure `first` against `second`, round by round: what disturbs a round disturbs both."""
    pairs = zip(measured[first], measured[second], strict=True)
    absolute = {name: list(measured[name]) for name in (first, second)}
    return Figure(ratios=[one / other for one, other in pairs], absolute=absolute, **known)


@dataclass(frozen=True)
class Plan:
    """How much is measured."""

    rounds: int
    seconds: float
    #: Events in the tables of the large database; the small one has `few_events`.
    many_events: int
    #: Events a worker has served when its memory is measured for the second time; first after 1,000.
    memory_events: int
    few_events: int = 10_000
    #: Events in the tables when pages are measured; one in ten waits for a person. Statements also at a tenth of it.
    page_events: int = 100_000
    #: Postings in long and in short books when reading them is measured.
    many_postings: int = 5_000_000
    few_postings: int = 50_000
    #: Postings in the books of a young shop when posting is measured, against `many_postings`.
    young_postings: int = 10_000
    #: Postings of a business day that is closed, and of the small day its memory is held against.
    day_postings: int = 100_000
    small_day_postings: int = 10_000
    only: frozenset[str] = field(default_factory=frozenset)

    def wants(self, *names: str) -> bool:
        """Tell whether one of these figures is to be measured."""
        return not self.only or any(name in self.only for name in names)
