"""Latencies: one request after the other on one connection each, a few to one contestant, then to the other."""

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.events import prepared
from bench.figures import Plan
from bench.load import Connection, Expected, drive
from bench.progress import Progress

#: Requests to one contestant before it is the other's turn: short, so that what disturbs disturbs both.
_BLOCK = 25
_WARM_UP = 400


@dataclass(frozen=True)
class Asked:
    """A contestant: where it listens, what it is sent, and what it must answer."""

    connection: Connection
    requests: Iterator[bytes]
    expected: Expected

    def time(self, number: int) -> list[float]:
        """Seconds of each of the next requests."""
        feed = prepared(self.requests, number)
        return drive([self.connection], [feed], self.expected, seconds=float("inf")).latencies


def alternate(contestants: Mapping[str, Asked], plan: Plan, progress: Progress, what: str) -> dict[str, list[float]]:
    """Every contestant's median of every round, in milliseconds."""
    for contestant in contestants.values():
        contestant.time(_WARM_UP)
    measured: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(plan.rounds):
        progress.say(f"{what}, round {turn + 1} of {plan.rounds}")
        times: dict[str, list[float]] = {name: [] for name in contestants}
        while any(sum(taken) < plan.seconds for taken in times.values()):
            for name, contestant in contestants.items():
                times[name] += contestant.time(_BLOCK)
        for name, taken in times.items():
            measured[name].append(statistics.median(taken) * 1000)
        progress.advance()
    return measured
