"""The figures of pages: server time of the back office with a full queue, against an empty page of the same server."""

import json
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any, LiteralString

from bench import ROOT, databases, timing
from bench.figures import Figure, Plan, Target, compare
from bench.load import Connection, UnexpectedAnswer
from bench.progress import Progress
from bench.servers import WebServer, environment_of, prepare

DATABASE = "pages"
EMPTY = "empty page"
SETUP_STEPS = 4
MOST_MILLISECONDS = 60.0
_TENANTS = 4
#: Requests to every page in a round, one after the other: what disturbs a round disturbs all.
_REQUESTS = 20
_CASES: LiteralString = "SELECT count(*) FROM exceptions WHERE status = 'open'"


@dataclass(frozen=True)
class Visitor:
    """Somebody signed in, and the pages they open."""

    name: str
    session: str
    paths: Mapping[str, list[str]]

    def requests(self, page: str) -> list[bytes]:
        """One for every path of a page."""
        head = f"Host: localhost\r\nCookie: sessionid={self.session}\r\nAccept: text/html\r\n{timing.ASK}: 1\r\n\r\n"
        return [f"GET {path} HTTP/1.1\r\n{head}".encode() for path in self.paths[page]]


@dataclass(frozen=True)
class Cost:
    """What one page came to."""

    milliseconds: float
    statements: int


def measure_pages(plan: Plan, progress: Progress) -> list[Figure]:
    """Every page for an operator of one tenant and for a superuser, one request at a time, on one worker."""
    few, many = plan.page_events // 10, plan.page_events
    progress.say(f"pages: loading {few:,} events")
    keys = prepare(DATABASE, _TENANTS)
    counted = []
    visitors: list[Visitor] = []
    for done, events in ((0, few), (few, many)):
        progress.say(f"pages: loading {events:,} events")
        visitors = _load(keys, done, events)
        databases.settle(DATABASE)
        progress.advance()
        with WebServer(DATABASE, workers=1) as server:
            first = _once(server, visitors)
            counted.append(_statements(server, visitors))
            progress.advance()
            if events == many:
                times = _rounds(server, visitors, plan, progress)
        cases = databases.query(DATABASE, _CASES)[0]
        if cases != events // 10:
            raise UnexpectedAnswer(f"{cases:,} open cases instead of {events // 10:,}.")
    databases.drop(DATABASE)
    return [
        _figure(visitor.name, page, times[visitor.name], counted, first[visitor.name, page], many // 10)
        for visitor in visitors
        for page in visitor.paths
        if page != EMPTY
    ]


def _load(keys: dict[str, str], done: int, events: int) -> list[Visitor]:
    finished = subprocess.run(
        [sys.executable, "-m", "bench.queue_history"],
        cwd=ROOT,
        env=environment_of(DATABASE) | {"DATABASE_AS": "app"},
        input=json.dumps({"keys": keys, "done": done, "events": events}).encode(),
        check=True,
        stdout=subprocess.PIPE,
    )
    told: dict[str, Any] = json.loads(finished.stdout)
    return [Visitor(name, session, told["paths"]) for name, session in told["people"].items()]


def _once(server: WebServer, visitors: list[Visitor]) -> dict[tuple[str, str], Cost]:
    """The first look of a fresh worker: templates, plans and remembered sums are not there yet."""
    (connection,) = server.connect(1)
    return {
        (visitor.name, page): _open(connection, visitor.requests(page)[0])
        for visitor in visitors
        for page in visitor.paths
    }


def _statements(server: WebServer, visitors: list[Visitor]) -> dict[tuple[str, str], int]:
    """Statements of each page, of its costliest path."""
    (connection,) = server.connect(1)
    return {
        (visitor.name, page): max(_open(connection, request).statements for request in visitor.requests(page))
        for visitor in visitors
        for page in visitor.paths
    }


def _rounds(
    server: WebServer, visitors: list[Visitor], plan: Plan, progress: Progress
) -> dict[str, dict[str, list[float]]]:
    """Medians of every round: by visitor, by page. The first round warms up."""
    (connection,) = server.connect(1)
    measured: dict[str, dict[str, list[float]]] = {v.name: {page: [] for page in v.paths} for v in visitors}
    feeds = {(v.name, page): cycle(v.requests(page)) for v in visitors for page in v.paths}
    for turn in range(plan.rounds + 1):
        progress.say(f"pages, round {turn} of {plan.rounds}" if turn else "pages: warm-up")
        times: dict[tuple[str, str], list[float]] = {contestant: [] for contestant in feeds}
        for _ in range(_REQUESTS):
            for contestant, feed in feeds.items():
                times[contestant].append(_open(connection, next(feed)).milliseconds)
        for (name, page), taken in times.items() if turn else ():
            measured[name][page].append(statistics.median(taken))
        progress.advance()
    return measured


def _open(connection: Connection, request: bytes) -> Cost:
    """:raises UnexpectedAnswer: it is not a whole page."""
    answer = connection.ask(request)
    head, _, body = answer.partition(b"\r\n\r\n")
    told = re.search(timing.PATTERN, head + b"\r\n")
    if answer[9:12] != b"200" or told is None or b"</html>" not in body[-200:]:
        asked, got = request.partition(b"\r\n")[0].decode(), answer[:1500].decode("utf-8", "replace")
        raise UnexpectedAnswer(f"{asked} was answered with: {got}")
    return Cost(float(told[1]), int(told[2]))


def _figure(
    name: str,
    page: str,
    times: Mapping[str, list[float]],
    counted: list[dict[tuple[str, str], int]],
    first: Cost,
    cases: int,
) -> Figure:
    """One page for one visitor. Besides the ratio: statements as few with ten times the rows, and under 60 ms."""
    few, many = (statements[name, page] for statements in counted)
    missed = [f"{few} statements became {many}"] if few != many else []
    # Of all rounds the quietest tells best what the page itself takes: others on the machine only ever add to it.
    if (quietest := min(times[page])) >= MOST_MILLISECONDS:
        missed.append(f"{quietest:.0f} ms is not under {MOST_MILLISECONDS:.0f} ms")
    shown = {"page": times[page], EMPTY: times[EMPTY]}
    return compare(
        shown,
        "page",
        EMPTY,
        name="pages",
        title=f"{page}, {name}, with {cases:,} open cases",
        target=Target(4.0, at_most=True),
        unit="ms",
        note=f"quietest round {quietest:.1f} ms; {few} · {many} statements; at first {first.milliseconds:.0f} ms",
        missed="; ".join(missed),
    )
