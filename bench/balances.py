"""The figures of balances: does reading the books take longer when they are a hundred times as long?"""

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle, islice

from bench import ROOT, book_history, databases
from bench.figures import Figure, Plan, Target, compare
from bench.load import Connection, Expected, drive
from bench.progress import Progress
from bench.servers import WebServer, environment_of, prepare

DATABASES = {"few": "short-books", "many": "long-books"}
SETUP_STEPS = 2
#: Postings of the open day, in both: what came since the last snapshot.
_OPEN = 10_000
_BLOCK = 25
_WARM_UP = 200
_READS = {
    "balance of an account": [f"accounts/BENCH:{number}/balance" for number in range(0, book_history.ACCOUNTS, 7)],
    "trial balance": ["reports/trial-balance"],
}


def measure_balances(plan: Plan, progress: Progress) -> list[Figure]:
    """The median time of a read, one after the other on one connection, in books of two lengths."""
    sizes = {"few": plan.few_postings, "many": plan.many_postings}
    keys = {}
    for name, postings in sizes.items():
        progress.say(f"balances: writing {postings:,} postings")
        keys[name] = _fill(DATABASES[name], postings)
        progress.advance()
    with WebServer(DATABASES["few"], workers=1) as few, WebServer(DATABASES["many"], workers=1) as many:
        servers = {"few": few, "many": many}
        figures = [_figure(what, servers, keys, plan, progress) for what in _READS]
    for database in DATABASES.values():
        databases.drop(database)
    return figures


def _fill(database: str, postings: int) -> str:
    """:returns: a key that may read the books."""
    slug = next(iter(prepare(database, 1)))
    finished = subprocess.run(
        [sys.executable, "-m", "bench.book_history", slug, str(postings), str(_OPEN)],
        cwd=ROOT,
        env=environment_of(database) | {"DATABASE_AS": "owner"},
        check=True,
        stdout=subprocess.PIPE,
    )
    databases.settle(database)
    return str(json.loads(finished.stdout))


def _figure(what: str, servers: dict[str, WebServer], keys: dict[str, str], plan: Plan, progress: Progress) -> Figure:
    connections = {name: server.connect(1) for name, server in servers.items()}
    feeds = {name: cycle(_requests(what, keys[name])) for name in servers}
    for name in servers:
        _time(connections[name], feeds[name], _WARM_UP)
    measured: dict[str, list[float]] = {name: [] for name in servers}
    for turn in range(plan.rounds):
        progress.say(f"{what}, round {turn + 1} of {plan.rounds}")
        times: dict[str, list[float]] = {name: [] for name in servers}
        while any(sum(taken) < plan.seconds for taken in times.values()):
            for name in servers:
                times[name] += _time(connections[name], feeds[name], _BLOCK)
        for name in servers:
            measured[name].append(statistics.median(times[name]) * 1000)
        progress.advance()
    title = f"p50 of the {what} with {plan.many_postings:,} postings in the books against {plan.few_postings:,}"
    return compare(measured, "many", "few", name="balances", title=title, target=Target(2.0, at_most=True), unit="ms")


def _requests(what: str, key: str) -> list[bytes]:
    head = f"Host: localhost\r\nAuthorization: Bearer {key}\r\nAccept: application/json\r\n\r\n"
    return [f"GET /v1/{path} HTTP/1.1\r\n{head}".encode() for path in _READS[what]]


def _time(connections: list[Connection], feed: Iterator[bytes], number: int) -> list[float]:
    return drive(connections, [islice(feed, number)], Expected(200), seconds=float("inf")).latencies
