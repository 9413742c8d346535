"""Simulate a chain's whole day through the API."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from rich.console import Console

from ledgersafe.commands import LedgerCommand
from ledgersafe.demo.server import ServerDidNotStart, running_server
from ledgersafe.operations import serving
from ledgersafe.simulation import tills
from ledgersafe.simulation.day_run import Order, Run, run_day
from ledgersafe.simulation.narrator import DayStory, counting
from ledgersafe.simulation.sender import NotTaken
from ledgersafe.simulation.shape import Shape


class Command(LedgerCommand):
    help = (
        "Simulate yesterday in a chain of shops through the API of a server of its own: sales, split tenders, returns "
        "before their sales, voids, corrections, tips, cash drops, retries, conflicts, a store without network for "
        "three hours. Then the same day shuffled and doubled, which must end in the same books."
    )
    examples = """\
  manage.py simulate_day                        # 20 stores with 3 registers, 24,000 sales, twice
  manage.py simulate_day --stores 3 --sales 50  # in a few seconds
  manage.py simulate_day --seed 7 --once        # another day, as it happened only

exit status: 0 all checks hold, 1 some do not, 2 it could not be run"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stores", type=int, default=20, metavar="N", help="shops of the chain (20)")
        parser.add_argument("--registers", type=int, default=3, metavar="N", help="tills of each shop (3)")
        parser.add_argument("--sales", type=int, default=400, metavar="N", help="sales of each till (400)")
        parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number is another day (1)")
        parser.add_argument("--once", action="store_true", help="only as it happened, not shuffled and doubled")
        parser.add_argument("--port", type=int, default=8010, help="of the server; a free one if this is in use")

    def handle(self, *args: Any, **options: Any) -> None:
        day = (timezone.now() - timedelta(days=1)).date()
        shape = Shape(day, options["stores"], options["registers"], options["sales"], options["seed"])
        serving.migrate()
        telling = DayStory(Console())
        try:
            with running_server(options["port"]) as url:
                runs = _run(url, shape, telling, [Order.AS_IT_HAPPENED] if options["once"] else list(Order))
        except (ServerDidNotStart, NotTaken) as error:
            raise CommandError(str(error), returncode=2) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped.", returncode=2) from None
        telling.compare(runs)
        if telling.failures:
            telling.console.print(f"[red]Not as it should be: {', '.join(telling.failures)}.[/red]")
            sys.exit(1)


def _run(url: str, shape: Shape, telling: DayStory, orders: Sequence[Order]) -> list[Run]:
    day = tills.day_of(shape)
    telling.day(shape, day)
    runs = []
    for order in orders:
        telling.chapter(f"{shape.day}, {order}")
        with telling.progress() as bar:
            run = run_day(
                url, shape, day, order, check=telling.check, say=telling.say, progress=lambda all_: counting(bar, all_)
            )
        telling.answers(run)
        runs.append(run)
    return runs
