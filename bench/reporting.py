"""Run as a program of its own, on one of our databases: times the Z-report's reading of a drawer against a bare sum.

`python -m bench.reporting DRAWER ROUNDS` prints {"Z-report": [ms per round], "bare sum": […], "rows": number} as JSON.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import django

#: A round is the median of so many readings of each, in turn. The first round warms up.
_READS: Final = 20
_BARE: Final = (
    "SELECT type, method, is_late, count(*), sum(amount_minor), sum(cash_minor) FROM financial_transactions "
    "WHERE tenant_id = %s AND drawer_id = %s GROUP BY 1, 2, 3"
)


def measure(drawer_id: int, rounds: int) -> dict[str, Any]:
    """Both find the rows in memory; the bare sum's rows are fetched too."""
    from django.db import connection

    from ledger.drawers import Caller, reports
    from ledger.models import Drawer

    tenant_id = Drawer.objects.values_list("tenant_id", flat=True).get(pk=drawer_id)
    caller = Caller(tenant_id, "system:bench", may_approve=True)

    def bare() -> int:
        with connection.cursor() as cursor:
            cursor.execute(_BARE, [tenant_id, drawer_id])
            return sum(row[3] for row in cursor.fetchall())

    contestants: dict[str, Callable[[], Any]] = {
        "Z-report": lambda: reports.read_report(caller, drawer_id),
        "bare sum": bare,
    }
    measured: dict[str, Any] = {name: [] for name in contestants}
    for turn in range(rounds + 1):
        times: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(_READS):
            for name, work in contestants.items():
                started = time.perf_counter()
                work()
                times[name].append((time.perf_counter() - started) * 1000)
        for name, taken in times.items() if turn else ():
            measured[name].append(statistics.median(taken))
    return measured | {"rows": bare()}


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
