"""`python -m bench` (make bench): measure, and print a table of ratios."""

import argparse
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from bench import databases
from bench.figures import Figure, Plan
from bench.load import UnexpectedAnswer
from ledgersafe.embedded import EmbeddedServerError

NAMES = (
    "textbook", "one-row", "batch", "hot", "transfers", "growth", "balances", "latency", "close", "gold", "commands",
    "z-report", "replay", "pages", "memory",
)  # fmt: skip
EXAMPLES = f"""\
figures: {" ".join(NAMES)}
(see bench/README.md)

examples:
  python -m bench                                  all figures, about half an hour
  python -m bench --quick                          all, shorter and with a tenth of the history
  python -m bench --only textbook --only one-row   these two, from the same rounds
  python -m bench --rounds 11 --seconds 5 --json run.json
  BENCH_DATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres python -m bench
                                                   on a server of yours, in databases ledgersafe_bench_…

It ends with 0 when it measured, whatever the figures are: a ratio is read, not asserted.
"""


def main() -> int:
    """Read the arguments, run, report. :returns: the exit code."""
    arguments = _parser().parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):  # also where a shell had it ignored (`… &`)
        signal.signal(number, end)
    try:
        databases.choose_server()
        with databases.only_run():
            _measure(_plan(arguments), arguments.json)
    except (UnexpectedAnswer, databases.UnfitServer, EmbeddedServerError) as error:
        sys.stderr.write(f"bench: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("bench: interrupted; everything it started has been stopped.\n")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure Ledger-Safe by ratios between contestants of the same run.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", action="append", choices=NAMES, default=[], help="measure this figure; repeatable")
    parser.add_argument("--rounds", type=int, default=None, help="rounds of every contestant (default: 7, quick: 3)")
    parser.add_argument("--seconds", type=float, default=None, help="per contestant and round (default: 4, quick: 2)")
    parser.add_argument("--quick", action="store_true", help="short rounds, 100,000 events of history instead of 10⁶")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every round's figures to FILE")
    return parser


def _plan(arguments: argparse.Namespace) -> Plan:
    quick = arguments.quick
    return Plan(
        rounds=max(1, arguments.rounds or (3 if quick else 7)),
        seconds=max(0.2, arguments.seconds or (2.0 if quick else 4.0)),
        many_events=100_000 if quick else 1_000_000,
        memory_events=10_000 if quick else 100_000,
        page_events=20_000 if quick else 100_000,
        many_postings=500_000 if quick else 5_000_000,
        only=frozenset(arguments.only),
    )


def _measure(plan: Plan, json_file: Path | None) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    # Only now: these need the settings, and the settings the server's address.
    from bench import machine, report, run

    description = machine.describe()
    figures: list[Figure] = run.measure(plan)
    report.show(figures, description, plan)
    if json_file:
        report.write(json_file, figures, description, plan)


def end(number: int, frame: object) -> NoReturn:
    """Through every `with` block; once: a second signal must not break off the cleaning up."""
    for known in (signal.SIGINT, signal.SIGTERM):
        signal.signal(known, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
