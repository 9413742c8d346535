"""The figures of transfers: many connections on one pair of accounts, against many pairs, and against till events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bench import databases
from bench.events import Till
from bench.figures import Figure, Plan, Target, compare
from bench.load import Connection, Expected, Run
from bench.payments import Payer, pairs
from bench.progress import Progress
from bench.servers import WebServer, ask_program, owner_of, prepare
from bench.throughput import Contestant, interleave

DATABASE = "transfers"
CONTESTANTS = 3
PAIRS = 1_000
_CONNECTIONS = 32
_RETRIES = "ledger_serialization_retries_total"
_APPLIED = Expected(201, b'"status":"applied"', 1)
_PROCESSED = Expected(201, b'"result":"processed"', 1)


@dataclass
class Retried(Contestant):
    """A contestant whose transactions' retries are counted: per answer, in every round."""

    server: WebServer | None = None
    retries: list[float] = field(default_factory=list)

    def _drive(self, connections: Sequence[Connection], feed: Iterator[bytes], seconds: float) -> Run:
        assert self.server is not None
        before = self.server.counted(_RETRIES)
        run = super()._drive(connections, feed, seconds)
        self.retries.append((self.server.counted(_RETRIES) - before) / run.answers)
        return run


def measure_transfers(plan: Plan, progress: Progress) -> list[Figure]:
    """All three on the same server, in the same rounds."""
    progress.say("transfers: creating the database")
    ((tenant, till_key),) = prepare(DATABASE, 1).items()
    key = ask_program(owner_of(DATABASE), "bench.chart", tenant, str(2 * PAIRS))
    every = pairs(PAIRS)
    with WebServer(DATABASE) as server:
        hot = Retried("one pair", Payer(key, every[:1]).transfers(), _CONNECTIONS, _APPLIED, server=server)
        spread = Contestant(f"{PAIRS:,} pairs", Payer(key, every).transfers(), _CONNECTIONS, _APPLIED)
        events = Contestant("events", Till(tenant, till_key).singles("/v1/events"), _CONNECTIONS, _PROCESSED)
        measured = interleave(server, [hot, spread, events], plan, progress)
    _check_postings()
    databases.drop(DATABASE)
    return _figures(measured, spread.name, hot.retries[1:])


def _figures(measured: dict[str, list[float]], spread: str, retries: list[float]) -> list[Figure]:
    title = f"transfers, {_CONNECTIONS} connections on one pair of accounts"
    known = {"name": "transfers", "unit": "requests/s"}
    return [
        compare(measured, "one pair", spread, title=f"{title} against {PAIRS:,} pairs", target=Target(0.85), **known),
        compare(measured, "one pair", "events", title="… against single events", target=Target(0.8), **known),
        Figure(
            name="transfers",
            title="… serialization retries per transfer on the one pair",
            target=Target(0.02, at_most=True),
            ratios=retries,
            absolute={"one pair": retries},
            unit="per transfer",
        ),
    ]


def _check_postings() -> None:
    """:raises AssertionError: a transfer without its two postings: the figures are about something else."""
    counted = databases.query(
        DATABASE,
        "SELECT (SELECT count(*) FROM transfers) * 2, (SELECT count(*) FROM journals WHERE kind = 'TRANSFER') * 2, "
        "(SELECT count(*) FROM postings p JOIN journals j ON j.id = p.journal_id WHERE j.kind = 'TRANSFER')",
    )
    assert counted[0] == counted[1] == counted[2] > 0, counted
