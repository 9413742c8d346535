"""The figure of growth: does an event take longer when the tables hold a hundred times as many?"""

from collections.abc import Iterator

from bench import databases
from bench.alternating import Asked, alternate
from bench.events import Till
from bench.figures import Figure, Plan, Target, compare
from bench.load import Expected, drive
from bench.progress import Progress
from bench.servers import WebServer, prepare

LOAD_STEPS = 21
_BATCH = 500
_LOAD_CONNECTIONS = 4
_TENANTS, _STORES, _REGISTERS, _DAYS = 8, 4, 2, 30
_PROCESSED = Expected(201, b'"result":"processed"', 1)


def measure_growth(plan: Plan, progress: Progress) -> list[Figure]:
    """The median time of a single event, one after the other on one connection, in a small and a large database."""
    sizes = {"small": plan.few_events, "large": plan.many_events}
    keys = {}
    for database, events in sizes.items():
        progress.say(f"loading {events:,} events")
        keys[database] = prepare(database, _TENANTS)
        _load(database, keys[database], events, progress)
    with WebServer("small", workers=1) as small, WebServer("large", workers=1) as large:
        contestants = {
            name: Asked(server.connect(1)[0], Till(*next(iter(keys[name].items()))).singles("/v1/events"), _PROCESSED)
            for name, server in {"small": small, "large": large}.items()
        }
        measured = alternate(contestants, plan, progress, "growth")
    for database in sizes:
        databases.drop(database)
    title = f"p50 of a single event with {plan.many_events:,} events in the tables against {plan.few_events:,}"
    known = {"name": "growth", "title": title, "target": Target(1.2, at_most=True), "unit": "ms"}
    return [compare(measured, "large", "small", **known)]


def _load(database: str, keys: dict[str, str], events: int, progress: Progress) -> None:
    """A month of history by way of the product itself, then what autovacuum would have done."""
    steps = 1 if database == "small" else LOAD_STEPS - 1
    expected = Expected(200, b'"result":"processed"', _BATCH)
    with WebServer(database) as server:
        connections = server.connect(_LOAD_CONNECTIONS)
        feed = _history(keys, events // _BATCH)
        for step in range(steps):
            number = events // _BATCH * (step + 1) // steps - events // _BATCH * step // steps
            some = (request for _, request in zip(range(number), feed, strict=False))
            drive(connections, [some] * _LOAD_CONNECTIONS, expected, seconds=float("inf"))
            progress.advance()
    databases.settle(database)


def _history(keys: dict[str, str], batches: int) -> Iterator[bytes]:
    """Batches day after day, the tills of all tenants in turn."""
    places = [
        (tenant, key, f"store-{store}", f"till-{register}")
        for tenant, key in keys.items()
        for store in range(_STORES)
        for register in range(_REGISTERS)
    ]
    sending: dict[tuple[int, int], Iterator[bytes]] = {}
    for number in range(batches):
        day, place = _DAYS - number * _DAYS // batches, number % len(places)
        if (day, place) not in sending:
            sending[day, place] = Till(*places[place], days_ago=day).batches(_BATCH)
        yield next(sending[day, place])
