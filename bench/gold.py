"""The figures of gold: the daily report against a bare sum over the same rows, and what keeping it costs ingest."""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, LiteralString

import psycopg

from bench import databases
from bench.events import Till, in_turn, prepared
from bench.figures import Figure, Plan, Target, compare
from bench.load import Connection, Expected, drive
from bench.progress import Progress
from bench.servers import WebServer, prepare

REPORT = "gold-report"
SERVERS: Final = {"with gold": "gold-with", "without": "gold-without"}
DATABASES = (REPORT, *SERVERS.values())
SETUP_STEPS = 3
STORES, FACTS = 200, 120_000
#: Headers above the mark when the report is asked for: what a busy minute brings.
_REST = 3_000
_READS = 5
#: Batches to one server before it is the other's turn: one per connection, so that what disturbs disturbs both.
_BATCH, _CONNECTIONS, _BLOCK, _WARM_UP = 500, 4, 4, 16

_FILL: LiteralString = """
INSERT INTO sales (journal_id, tenant_id, event_key, raw_id, store_code, register_code, txn_id, event_type, currency,
                   business_date, occurred_at, is_late, sign, sales_count, returns_count, items, gross_minor,
                   returns_minor, discounts_minor, tax_minor, tips_minor, service_minor, liabilities_minor,
                   total_minor, cash_minor, card_minor, external_minor, gift_card_minor, store_credit_minor,
                   house_account_minor)
SELECT n, t.id, 'evt-' || n, n, 'store-' || n %% %(stores)s, 'till-1', 'txn-' || n, 'SALE', 'USD', '2026-02-25',
       now(), false, 1, 1, 0, 3, 1000 + n %% 900, 0, 50, 90, 10, 0, 0, 1050 + n %% 900, 500, 550 + n %% 900, 0, 0, 0, 0
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n, (SELECT min(id) AS id FROM tenants) t
"""
_SUMS: Final = (
    "sales_count", "returns_count", "items", "gross_minor", "returns_minor", "discounts_minor", "tax_minor",
    "tips_minor", "service_minor", "liabilities_minor", "total_minor", "cash_minor", "card_minor", "external_minor",
    "gift_card_minor", "store_credit_minor", "house_account_minor",
)  # fmt: skip
_BARE: Final = (
    f"SELECT store_code, currency, count(*), {', '.join(f'sum({name})' for name in _SUMS)} FROM sales "
    "WHERE tenant_id = (SELECT min(id) FROM tenants) AND business_date = '2026-02-25' GROUP BY 1, 2"
)
_ASKED: Final = "SELECT * FROM pos_daily_sales_v1((SELECT min(id) FROM tenants), '2026-02-25', '2026-02-25', NULL)"
_ROLL_UP: LiteralString = "SELECT pos_roll_up_sales_v1((SELECT min(id) FROM tenants))"


def measure_gold(plan: Plan, progress: Progress) -> list[Figure]:
    """Statements on one connection, in turn; then batches to two servers in turn, one of them without gold."""
    return [*_reports(plan, progress), _ingest(plan, progress)]


# ── The report ──────────────────────────────────────────────────────────────────────────────────
def _reports(plan: Plan, progress: Progress) -> list[Figure]:
    progress.say(f"gold: writing {FACTS:,} headers of {STORES} stores")
    prepare(REPORT, 1)
    known: dict[str, Any] = {"name": "gold", "unit": "ms", "target": Target(3.0, at_most=True)}
    what = f"daily report of {STORES} stores, {FACTS:,} headers"
    with databases.connect(REPORT) as connection:
        connection.execute("SET jit = off")
        _fill(connection, 1, FACTS - _REST)
        _fill(connection, FACTS - _REST + 1, FACTS)
        databases.settle(REPORT)
        progress.advance()
        fresh = _times(connection, plan, progress)
        connection.execute(_ROLL_UP)
        _fill(connection, FACTS + 1, FACTS + _REST)
        rolled = _times(connection, plan, progress)
    databases.drop(REPORT)
    return [
        compare(fresh, "report", "bare sum", title=f"{what}, nothing rolled up, against a bare sum over them", **known),
        compare(rolled, "report", "bare sum", title=f"{what}, rolled up but for {_REST:,}, against the same", **known),
    ]


def _fill(connection: psycopg.Connection[Any], first: int, last: int) -> None:
    connection.execute(_FILL, {"stores": STORES, "first": first, "last": last})


def _times(connection: psycopg.Connection[Any], plan: Plan, progress: Progress) -> dict[str, list[float]]:
    """Medians of every round, in milliseconds. The first round warms up."""
    statements = {"report": _ASKED, "bare sum": _BARE}
    measured: dict[str, list[float]] = {name: [] for name in statements}
    for turn in range(plan.rounds + 1):
        progress.say(f"gold: reports, round {turn} of {plan.rounds}")
        times: dict[str, list[float]] = {name: [] for name in statements}
        for _ in range(_READS):
            for name, statement in statements.items():
                times[name].append(_timed(partial(_ask, connection, statement)))
        for name, taken in times.items() if turn else ():
            measured[name].append(statistics.median(taken) * 1000)
        progress.advance()
    return measured


def _ask(connection: psycopg.Connection[Any], statement: str) -> list[tuple[Any, ...]]:
    return connection.execute(statement.encode()).fetchall()


# ── Ingest ──────────────────────────────────────────────────────────────────────────────────────
def _ingest(plan: Plan, progress: Progress) -> Figure:
    """Batches with the index that gold reads by and a roll-up after every round, against neither."""
    keys = {}
    for name, database in SERVERS.items():
        progress.say(f"gold: creating the database {name}")
        keys[name] = prepare(database, 1)
        progress.advance()
    with databases.connect(SERVERS["without"]) as connection:
        connection.execute("DROP INDEX sales_by_day")
    with WebServer(SERVERS["with gold"]) as one, WebServer(SERVERS["without"]) as other:
        measured = _alternate({"with gold": one, "without": other}, keys, plan, progress)
    for database in SERVERS.values():
        databases.drop(database)
    title = f"batches of {_BATCH} with gold and a roll-up every {plan.seconds:g} s against neither"
    return compare(measured, "with gold", "without", name="gold", title=title, target=Target(0.9), unit="events/s")


def _alternate(
    servers: dict[str, WebServer], keys: dict[str, dict[str, str]], plan: Plan, progress: Progress
) -> dict[str, list[float]]:
    connections = {name: server.connect(_CONNECTIONS) for name, server in servers.items()}
    feeds = {name: _batches(keys[name]) for name in servers}
    for name in servers:
        _send(connections[name], feeds[name], _WARM_UP)
    measured: dict[str, list[float]] = {name: [] for name in servers}
    with databases.connect(SERVERS["with gold"]) as gold:
        for turn in range(plan.rounds):
            progress.say(f"gold: ingest, round {turn + 1} of {plan.rounds}")
            taken: dict[str, float] = dict.fromkeys(servers, 0.0)
            blocks = 0
            while max(taken.values()) < plan.seconds:
                blocks += 1
                for name in [*servers, *reversed(servers)]:
                    taken[name] += _send(connections[name], feeds[name], _BLOCK)
            taken["with gold"] += _timed(lambda: gold.execute(_ROLL_UP))
            for name, seconds in taken.items():
                measured[name].append(2 * blocks * _BLOCK * _BATCH / seconds)
            progress.advance()
    return measured


def _batches(keys: dict[str, str]) -> Iterator[bytes]:
    ((tenant, key),) = keys.items()
    return in_turn([Till(tenant, key, f"store-{number}").batches(_BATCH) for number in range(_CONNECTIONS)])


def _send(connections: list[Connection], feed: Iterator[bytes], number: int) -> float:
    """Seconds that so many batches take, over all connections."""
    requests = prepared(feed, number)
    expected = Expected(200, b'"result":"processed"', _BATCH)
    return _timed(lambda: drive(connections, [requests] * len(connections), expected, seconds=float("inf")))


def _timed(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
