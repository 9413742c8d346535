"""What is missing of a device, named: each hole between its ranges, cut where a part of it is explained. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from pos.models import GapExplanation


@dataclass(frozen=True, slots=True)
class Hole:
    """Numbers that are missing, both included. `since`: when the event after them was received."""

    first_seq: int
    last_seq: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole, or the part of it that one explanation is about."""

    first_seq: int
    last_seq: int
    since: datetime
    explanation: GapExplanation | None = None

    @property
    def count(self) -> int:
        """How many are missing."""
        return self.last_seq - self.first_seq + 1


def named(holes: Iterable[Hole], explanations: Iterable[GapExplanation]) -> Iterator[Gap]:
    """The gaps in order. :param explanations: of the device, by `first_seq`; they do not overlap."""
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
