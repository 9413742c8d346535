"""The figures of balances: does reading the books take longer when they are a hundred times as long?"""

from collections.abc import Mapping
from itertools import cycle

from bench.alternating import Asked, alternate
from bench.figures import Figure, Plan, Target, compare
from bench.load import Expected
from bench.payments import code
from bench.progress import Progress
from bench.servers import WebServer

_READS = {
    "balance of an account": [f"accounts/{code(number)}/balance" for number in range(0, 200, 7)],
    "trial balance": ["reports/trial-balance"],
}
FIGURES = len(_READS)


def measure_balances(
    servers: Mapping[str, WebServer], keys: Mapping[str, str], plan: Plan, progress: Progress
) -> list[Figure]:
    """The median time of a read, one after the other on one connection, in books of two lengths."""
    return [_figure(what, servers, keys, plan, progress) for what in _READS]


def _figure(
    what: str, servers: Mapping[str, WebServer], keys: Mapping[str, str], plan: Plan, progress: Progress
) -> Figure:
    contestants = {
        name: Asked(server.connect(1)[0], cycle(_requests(what, keys[name])), Expected(200))
        for name, server in servers.items()
    }
    measured = alternate(contestants, plan, progress, what)
    title = f"p50 of the {what} with {plan.many_postings:,} postings in the books against {plan.few_postings:,}"
    return compare(measured, "many", "few", name="balances", title=title, target=Target(2.0, at_most=True), unit="ms")


def _requests(what: str, key: str) -> list[bytes]:
    head = f"Host: localhost\r\nAuthorization: Bearer {key}\r\nAccept: application/json\r\n\r\n"
    return [f"GET /v1/{path} HTTP/1.1\r\n{head}".encode() for path in _READS[what]]
