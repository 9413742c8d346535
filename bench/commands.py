"""The figures of money commands: what the guard of idempotency keys costs, with Redis before it and without."""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

from bench import databases
from bench.events import token
from bench.figures import Figure, Plan, Target, compare
from bench.load import Expected
from bench.progress import Progress
from bench.servers import WebServer, ask_program, owner_of, prepare
from bench.throughput import Contestant, interleave
from ledgersafe import embedded

DATABASE = "commands"
CONTESTANTS = 5
#: Nobody listens there: as if Redis had been stopped.
_NO_REDIS = "redis://127.0.0.1:1/0"
_MADE = Expected(201, b'"journal_id"', 1)


def measure_commands(plan: Plan, progress: Progress) -> list[Figure]:
    """One server with Redis and one that finds none, each with the guarded and the bare command side by side."""
    progress.say("commands: creating the database")
    (tenant,) = prepare(DATABASE, 1)
    told = ask_program(owner_of(DATABASE), "bench.drawers", tenant)
    key, drawers = told["key"], told["drawers"]

    def contestant(name: str, path: str, *, again: bool = False) -> Contestant:
        return Contestant(name, _sales(key, drawers, path, again=again), expected=_MADE)

    with WebServer(DATABASE, variables={"REDIS_URL": _redis()}) as server:
        three = [
            contestant("guarded", "/v1/pos/transactions"),
            contestant("bare", "/v1/bench/transactions"),
            contestant("replayed", "/v1/pos/transactions", again=True),
        ]
        _carry_out(server, three[2].requests, len(drawers))
        up = interleave(server, three, plan, progress)
    with WebServer(DATABASE, variables={"REDIS_URL": _NO_REDIS}) as server:
        down = interleave(server, three[:2], plan, progress)
    _check(DATABASE)
    databases.drop(DATABASE)
    known: dict[str, Any] = {"name": "commands", "unit": "requests/s"}
    title = "POST /v1/pos/transactions, a cash sale"
    return [
        compare(
            up, "guarded", "bare", title=f"{title}, guarded, against the bare command", target=Target(0.75), **known
        ),
        compare(up, "replayed", "guarded", title="… replayed against carried out", target=Target(1.5), **known),
        compare(down, "guarded", "bare", title="… guarded, Redis down, against bare", target=Target(0.6), **known),
    ]


def _carry_out(server: WebServer, requests: Iterator[bytes], number: int) -> None:
    """One after the other, so that from now on they are replays: sent at once, one of two is told to ask again."""
    (connection,) = server.connect(1)
    for _ in range(number):
        _MADE.check(connection.ask(next(requests)))
    connection.close()


def _sales(key: str, drawers: Sequence[int], path: str, *, again: bool) -> Iterator[bytes]:
    """Cash sales without end, drawer by drawer. :param again: a few, over and over."""
    run, number = token(), 0
    while True:
        number += 1
        which = number % len(drawers)
        name = which if again else number
        body = {
            "ledger_id": drawers[which],
            "order_id": f"order-{run}-{name:08d}",
            "type": "SALE",
            "method": "CASH",
            "amount": 4250,
        }
        text = json.dumps(body, separators=(",", ":"))
        yield (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ledgersafe-bench\r\n"
            f"Authorization: Bearer {key}\r\nX-Idempotency-Key: key-{run}-{name:08d}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(text)}\r\n\r\n{text}"
        ).encode()


def _redis() -> str:
    """BENCH_REDIS_URL, or a private Valkey: the benchmark's other figures run without any."""
    if own := os.environ.get("BENCH_REDIS_URL"):
        return own
    before = os.environ.pop("REDIS_URL", "")
    try:
        embedded.ensure_servers()
        return os.environ.get("REDIS_URL", "")
    finally:
        os.environ["REDIS_URL"] = before


def _check(database: str) -> None:
    """:raises AssertionError: not every command made its journal: the figures are about something else."""
    counted = databases.query(
        database,
        "SELECT (SELECT count(*) FROM financial_transactions WHERE order_id <> ''), "
        "(SELECT count(*) FROM journals WHERE source = 'transaction'), (SELECT count(*) FROM idempotency_keys)",
    )
    assert counted[0] == counted[1] > counted[2] > 0, counted
