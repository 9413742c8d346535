"""The figure of memory: what a web worker holds after many events, against after a few."""

import itertools
import re
from pathlib import Path

from bench import databases
from bench.events import Till, in_turn
from bench.figures import Figure, Plan, Target
from bench.load import Connection, Expected, drive
from bench.progress import Progress
from bench.servers import WebServer, prepare

STEPS = 10
_FIRST = 1_000
#: Half of the events come one by one and half in batches, before both measurements alike.
_SINGLES, _BATCH = 500, 500
_TENANTS, _CONNECTIONS = 32, 8


def measure_memory(plan: Plan, progress: Progress) -> list[Figure]:
    """One worker, fresh, serves everything. Its private memory decides: shared pages are not its own.

    :returns: nothing on a machine without /proc.
    """
    if not Path("/proc/self/smaps_rollup").exists():
        return []
    progress.say("memory: starting a worker of its own")
    keys = prepare("memory", _TENANTS)
    tills = [Till(tenant, key, register=f"till-{number}") for tenant, key in keys.items() for number in range(4)]
    with WebServer("memory", workers=1) as server:
        connections = server.connect(_CONNECTIONS)
        worker = server.worker_of(connections[0])
        cycle = _Cycle(tills, connections)
        cycle.send()
        before = _memory_of(worker)
        cycles = plan.memory_events // _FIRST - 1
        for number in range(cycles):
            progress.say(f"memory: {(number + 2) * _FIRST:,} of {plan.memory_events:,} events")
            cycle.send()
            if (number + 1) * STEPS // cycles > number * STEPS // cycles:
                progress.advance()
        after = _memory_of(worker)
    databases.drop("memory")
    return [_figure(before, after, plan)]


class _Cycle:
    """1,000 events at a time."""

    def __init__(self, tills: list[Till], connections: list[Connection]) -> None:
        self._connections = connections
        self._singles = in_turn([till.singles("/v1/events") for till in tills])
        self._batches = in_turn([till.batches(_BATCH) for till in tills])

    def send(self) -> None:
        for feed, number, expected in (
            (self._singles, _SINGLES, Expected(201, b'"result":"processed"', 1)),
            (self._batches, 1, Expected(200, b'"result":"processed"', _BATCH)),
        ):
            some = itertools.islice(feed, number)
            drive(self._connections, [some] * len(self._connections), expected, seconds=float("inf"))


def _figure(before: dict[str, float], after: dict[str, float], plan: Plan) -> Figure:
    kinds = ("USS", "PSS", "RSS")
    others = ", ".join(f"{kind} {after[kind] / before[kind]:.2f} ×" for kind in kinds[1:])
    return Figure(
        name="memory",
        title=f"private memory of a web worker after {plan.memory_events:,} events against after {_FIRST:,}",
        target=Target(1.2, at_most=True),
        ratios=[after["USS"] / before["USS"]],
        absolute={"after": [after["USS"]], "before": [before["USS"]]},
        unit="MiB",
        note=f"one worker, measured once; {others}",
    )


def _memory_of(process: int) -> dict[str, float]:
    """USS (private), PSS (shared pages by share) and RSS in MiB."""
    text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    kib = {name: int(number) for name, number in re.findall(r"^(\w+): +(\d+) kB", text, re.MULTILINE)}
    private = kib["Private_Clean"] + kib["Private_Dirty"]
    return {"USS": private / 1024, "PSS": kib["Pss"] / 1024, "RSS": kib["Rss"] / 1024}
