"""Figures of throughput: contestants take turns on the same server and the same connections, round after round."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench import databases
from bench.events import Till, in_turn, prepared
from bench.figures import Figure, Plan, Target, compare
from bench.load import Connection, Expected, Run, drive
from bench.progress import Progress
from bench.servers import WebServer

DATABASE = "main"
BATCH = 500
CONNECTIONS = 16
BATCH_CONNECTIONS = 4
HOT_CONNECTIONS = 32
_PROCESSED = b'"result":"processed"'
#: Requests are made for this much more than the warm-up's pace, so that a faster round does not run out of them.
_HEADROOM = 1.6


@dataclass
class Contestant:
    """A contestant: what it is sent, over how many connections, and what it answers."""

    name: str
    requests: Iterator[bytes]
    connections: int = CONNECTIONS
    expected: Expected = Expected(201)  # noqa: RUF009  frozen
    events_per_answer: int = 1
    pace: float = 0.0

    def run(self, connections: Sequence[Connection], seconds: float) -> float:
        """Events per second."""
        number = int(self.pace * seconds * _HEADROOM) + 2 * self.connections
        feed = prepared(self.requests, number)
        run = self._drive(connections, feed, seconds)
        return run.per_second * self.events_per_answer

    def warm_up(self, connections: Sequence[Connection], seconds: float) -> None:
        """Fill caches and plans, and learn the pace."""
        self.pace = self._drive(connections, self.requests, seconds).per_second

    def _drive(self, connections: Sequence[Connection], feed: Iterator[bytes], seconds: float) -> Run:
        used = connections[: self.connections]
        return drive(used, [feed] * len(used), self.expected, seconds=seconds)


def interleave(
    server: WebServer, contestants: Sequence[Contestant], plan: Plan, progress: Progress
) -> dict[str, list[float]]:
    """A B A B …: every contestant's events per second in every round."""
    number = max(contestant.connections for contestant in contestants)
    measured: dict[str, list[float]] = {contestant.name: [] for contestant in contestants}
    for turn in range(plan.rounds + 1):
        connections = server.connect(number)
        for contestant in contestants:
            progress.say(f"round {turn} of {plan.rounds}: {contestant.name}" if turn else f"warm-up: {contestant.name}")
            if turn:
                measured[contestant.name].append(contestant.run(connections, plan.seconds))
            else:
                contestant.warm_up(connections, plan.seconds)
            progress.advance()
        for connection in connections:
            connection.close()
        if not turn:
            databases.settle(server.database)
    return measured


def measure_singles(server: WebServer, keys: dict[str, str], plan: Plan, progress: Progress) -> list[Figure]:
    """New sales one by one, against the textbook and against the least a DRF endpoint can do."""
    contestants = [Contestant("single", _sales_of_one_store(keys, "/v1/events"), expected=Expected(201, _PROCESSED, 1))]
    if plan.wants("textbook"):
        expected = Expected(201, _PROCESSED, 1)
        contestants.append(Contestant("textbook", _sales_of_one_store(keys, "/v1/bench/textbook"), expected=expected))
    if plan.wants("one-row"):
        contestants.append(Contestant("one row", _sales_of_one_store(keys, "/v1/bench/one-row")))
    measured = interleave(server, contestants, plan, progress)
    figures = []
    if plan.wants("textbook"):
        title = "single event, five postings, against the textbook (DRF serializer, ORM)"
        known = {"name": "textbook", "title": title, "target": Target(3.0), "unit": "events/s"}
        figures.append(compare(measured, "single", "textbook", **known))
    if plan.wants("one-row"):
        title = "… against a DRF endpoint that inserts one row"
        known = {"name": "one-row", "title": title, "target": Target(0.6), "unit": "events/s"}
        figures.append(compare(measured, "single", "one row", **known))
    return figures


def measure_batches(server: WebServer, keys: dict[str, str], plan: Plan, progress: Progress) -> list[Figure]:
    """Batches against single events."""
    batches = in_turn([till.batches(BATCH) for till in _tills_of_one_store(keys)])
    contestants = [
        Contestant("batch", batches, BATCH_CONNECTIONS, Expected(200, _PROCESSED, BATCH), events_per_answer=BATCH),
        Contestant("single", _sales_of_one_store(keys, "/v1/events"), expected=Expected(201, _PROCESSED, 1)),
    ]
    measured = interleave(server, contestants, plan, progress)
    title = f"batches of {BATCH} on {BATCH_CONNECTIONS} connections against single events on {CONNECTIONS}"
    known = {"name": "batch", "title": title, "target": Target(8.0), "unit": "events/s"}
    return [compare(measured, "batch", "single", **known)]


def measure_hot_accounts(server: WebServer, keys: dict[str, str], plan: Plan, progress: Progress) -> list[Figure]:
    """All connections on the five accounts of one till, against a tenant for each connection."""
    expected = Expected(201, _PROCESSED, 1)
    tills = [Till(tenant, key) for tenant, key in list(keys.items())[:HOT_CONNECTIONS]]
    hot = Till(*next(iter(keys.items())))
    contestants = [
        Contestant("one tenant", hot.singles("/v1/events"), HOT_CONNECTIONS, expected),
        Contestant("32 tenants", in_turn([till.singles("/v1/events") for till in tills]), HOT_CONNECTIONS, expected),
    ]
    measured = interleave(server, contestants, plan, progress)
    title = f"{HOT_CONNECTIONS} connections on one tenant's hot accounts against {HOT_CONNECTIONS} tenants"
    known = {"name": "hot", "title": title, "target": Target(0.9), "unit": "events/s"}
    return [compare(measured, "one tenant", "32 tenants", **known)]


def check_postings() -> None:
    """Both contestants of the first figure must have done the work: five postings to every journal.

    :raises AssertionError: the figures are about something else.
    """
    for journals, postings in (("journals", "postings"), ("bench_textbook_journal", "bench_textbook_posting")):
        counted = databases.query(
            DATABASE, f"SELECT (SELECT count(*) FROM {journals}) * 5, (SELECT count(*) FROM {postings})"
        )
        assert counted[0] == counted[1], f"{postings}: {counted[1]}, expected {counted[0]}"


def _tills_of_one_store(keys: dict[str, str]) -> list[Till]:
    tenant, key = next(iter(keys.items()))
    return [Till(tenant, key, register=f"till-{number:02d}") for number in range(CONNECTIONS)]


def _sales_of_one_store(keys: dict[str, str], path: str) -> Iterator[bytes]:
    return in_turn([till.singles(path) for till in _tills_of_one_store(keys)])
