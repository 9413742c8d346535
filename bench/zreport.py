"""The figure of a drawer's report: the one statement that reads it all, against a bare sum over the same rows."""

from typing import Any, Final

from bench import databases
from bench.events import Till
from bench.figures import Figure, Plan, Target, compare
from bench.load import Expected, drive
from bench.progress import Progress
from bench.servers import WebServer, ask_program, environment_of, owner_of, prepare

DATABASE = "zreport"
SETUP_STEPS = 2
TRANSACTIONS: Final = 5_000
_BATCH: Final = 500


def measure_zreport(plan: Plan, progress: Progress) -> list[Figure]:
    """A drawer is opened, sells 5,000 times for cash through the batch endpoint, and is read again and again."""
    progress.say("z-report: creating the database")
    ((tenant, key),) = prepare(DATABASE, 1).items()
    drawer = ask_program(owner_of(DATABASE), "bench.drawers", tenant)["drawers"][0]
    progress.advance()
    progress.say(f"z-report: {TRANSACTIONS:,} sales")
    with WebServer(DATABASE) as server:
        batches = Till(tenant, key, register="till-00").batches(_BATCH)
        requests = iter([next(batches) for _ in range(TRANSACTIONS // _BATCH)])
        expected = Expected(200, b'"result":"processed"', _BATCH)
        drive(server.connect(1), [requests], expected, seconds=float("inf"))
    progress.advance()
    databases.settle(DATABASE)
    told: dict[str, Any] = ask_program(environment_of(DATABASE), "bench.reporting", str(drawer), str(plan.rounds))
    databases.drop(DATABASE)
    assert told.pop("rows") > TRANSACTIONS, told
    return [
        compare(
            told,
            "Z-report",
            "bare sum",
            name="z-report",
            title=f"Z-report of a drawer with {TRANSACTIONS:,} transactions against a bare sum over them",
            target=Target(3.0, at_most=True),
            unit="ms",
        )
    ]
