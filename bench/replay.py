"""The figure of replays: held events posted by a job, against new ones that arrive in batches."""

from typing import Any

from bench import databases
from bench.events import Till, prepared
from bench.figures import Figure, Plan, Target, compare
from bench.load import Connection, Expected, UnexpectedAnswer, drive
from bench.progress import Progress
from bench.servers import WebServer, prepare
from bench.workers import Worker

DATABASE = "replay"
EVENTS, _BATCH = 5_000, 500
#: Batches one after the other, as the job works; and on as many connections as the figure `batch`.
_CONNECTIONS = {"batch": 1, "batches on 4": 4}
_HELD = Expected(200, b'"result":"quarantined"', _BATCH)
_PROCESSED = Expected(200, b'"result":"processed"', _BATCH)


def measure_replay(plan: Plan, progress: Progress) -> list[Figure]:
    """5,000 events that were held because sales were switched off, and as many new ones of the same shape."""
    progress.say("replay: creating the database")
    (replayed, key), (other, other_key) = prepare(DATABASE, 2).items()
    held = Till(replayed, key).batches(_BATCH)
    fresh = Till(other, other_key).batches(_BATCH)
    measured: dict[str, list[float]] = {name: [] for name in ("replay", *_CONNECTIONS)}
    with WebServer(DATABASE) as server, Worker("bench.replaying", DATABASE, replayed) as worker:
        for turn in range(plan.rounds + 1):
            progress.say(f"replay, round {turn} of {plan.rounds}" if turn else "replay: warm-up")
            connections = server.connect(max(_CONNECTIONS.values()))
            worker.ask("off")
            _send(connections, held, _HELD)
            worker.ask("on")
            paces = {"replay": _replay(worker)}
            for name, number in _CONNECTIONS.items():
                paces[name] = _send(connections[:number], fresh, _PROCESSED)
            for connection in connections:
                connection.close()
            for name in measured if turn else ():
                measured[name].append(paces[name])
            if not turn:
                databases.settle(DATABASE)
            progress.advance()
    databases.drop(DATABASE)
    known = {"name": "replay", "target": Target(1 / 3), "unit": "events/s"}
    title = f"bulk replay of {EVENTS:,} held events against batches of {_BATCH}"
    return [
        compare(measured, "replay", "batch", title=f"{title} on one connection", **known),
        compare(measured, "replay", "batches on 4", title="… against batches on 4 connections", **known),
    ]


def _send(connections: list[Connection], feed: Any, expected: Expected) -> float:
    """Events per second."""
    requests = prepared(feed, EVENTS // _BATCH)
    run = drive(connections, [requests] * len(connections), expected, seconds=float("inf"))
    return run.per_second * _BATCH


def _replay(worker: Worker) -> float:
    told = worker.ask("replay")
    if (told["resolved"], told["refused"]) != (EVENTS, 0):
        raise UnexpectedAnswer(f"The replay came to {told}.")
    return float(EVENTS / told["seconds"])
