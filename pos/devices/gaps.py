"""Cut the holes between a device's ranges into explained and unexplained gaps. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pos.models import GapExplanation


@dataclass(frozen=True, slots=True)
class Hole:
    """A range of missing numbers, both ends included. `since`: when the event after them was received."""

    first_seq: int
    last_seq: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole, or a part of one with its explanation, if any."""

    first_seq: int
    last_seq: int
    since: datetime
    explanation: GapExplanation | None = None

    @property
    def count(self) -> int:
        """The number of missing events."""
        return self.last_seq - self.first_seq + 1


def named(holes: Iterable[Hole], explanations: Iterable[GapExplanation]) -> Iterator[Gap]:
    """Yield the gaps of the holes in order of number.

    :param explanations: those of the device; they do not overlap.
    """
    known = sorted(explanations, key=lambda one: one.first_seq)
    for hole in holes:
        at = hole.first_seq
        for one in known:
            first, last = max(one.first_seq, at), min(one.last_seq, hole.last_seq)
            if first > last:
                continue
            if first > at:
                yield Gap(at, first - 1, hole.since)
            yield Gap(first, last, hole.since, one)
            at = last + 1
        if at <= hole.last_seq:
            yield Gap(at, hole.last_seq, hole.since)
