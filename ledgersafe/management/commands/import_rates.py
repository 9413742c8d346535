"""Record exchange rates from a CSV file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone
from rich.console import Console
from rich.progress import Progress

from ledger.fx.rate_files import read_file
from ledger.fx.record_rates import record_rates
from ledger.models import RateSource
from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from ledgersafe.values.errors import InvalidParameter


class Command(LedgerCommand):
    help = "Record exchange rates from a CSV file (pair,rate,valid_from), all or none; known rates are skipped."
    examples = """\
  manage.py import_rates rates.csv --tenant acme
  manage.py import_rates rates.csv --tenant acme --dry-run

  pair,rate,valid_from
  EUR/USD,1.0832,2026-02-25T00:00:00Z
  GBP/USD,1.2677,2026-02-25

exit status: 0 done, 2 the file is invalid and nothing was recorded"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the CSV file, in UTF-8")
        parser.add_argument("--tenant", metavar="T", required=True, help="the tenant, by slug")
        parser.add_argument("--dry-run", action="store_true", help="count what would be recorded, and record nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = setup.get_tenant(options["tenant"])
        rates = read_file(_lines(options["file"]), now=timezone.now())
        recorded = record_rates(
            tenant_id=tenant.id, rates=rates, source=RateSource.CSV, actor=self.actor, dry_run=options["dry_run"]
        )
        verb = "would be recorded" if options["dry_run"] else "recorded"
        self.stdout.write(
            f"{tenant.slug}: {recorded} of {len(rates)} rates {verb}, {len(rates) - recorded} known already."
        )


def _lines(path: Path) -> Iterator[str]:
    """Yield the file's lines, with a progress bar on a terminal. :raises InvalidParameter: it cannot be read."""
    console = Console(stderr=True)
    try:
        with (
            Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
            progress.open(path, "r", encoding="utf-8", newline="", description=path.name) as file,
        ):
            yield from file
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"{path} cannot be read: {error}") from error
