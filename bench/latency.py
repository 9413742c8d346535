"""The figure of latency: does a transfer take longer when five hundred times as many postings lie in the books?"""

from collections.abc import Mapping

from bench.alternating import Asked, alternate
from bench.figures import Figure, Plan, Target, compare
from bench.load import Expected
from bench.payments import Payer, pairs
from bench.progress import Progress
from bench.servers import WebServer

_APPLIED = Expected(201, b'"status":"applied"', 1)
#: Of the 200 accounts that the history knows.
_PAIRS = 100


def measure_latency(
    servers: Mapping[str, WebServer], keys: Mapping[str, str], plan: Plan, progress: Progress
) -> list[Figure]:
    """The median time of `POST /v1/transfers`, one after the other on one connection, in books of two lengths."""
    contestants = {
        name: Asked(server.connect(1)[0], Payer(keys[name], pairs(_PAIRS)).transfers(), _APPLIED)
        for name, server in servers.items()
    }
    measured = alternate(contestants, plan, progress, "latency")
    title = f"p50 of a transfer with {plan.many_postings:,} postings in the books against {plan.young_postings:,}"
    return [compare(measured, "many", "few", name="latency", title=title, target=Target(1.2, at_most=True), unit="ms")]
