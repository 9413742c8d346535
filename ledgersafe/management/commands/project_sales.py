"""Write down the lines, tenders and taxes of what was sold since the last time."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from ledgersafe.tenants.models import Tenant
from pos.sales import project_sales, retry_failures
from pos.sales.projection import Progress as OnProgress


class Command(LedgerCommand):
    help = (
        "Write down the lines, tenders and taxes of what was sold since the last time, newest day first; and read "
        "again what could not be read before."
    )
    examples = """\
  manage.py project_sales
  manage.py project_sales --tenant acme

exit status: 0 done, 2 it could not be begun"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="T", help="whose, by slug; default: everybody's")

    def handle(self, *args: Any, **options: Any) -> None:
        named = options["tenant"]
        tenants = [setup.get_tenant(named)] if named else list(Tenant.objects.order_by("slug"))
        for tenant in tenants:
            with self._progress(tenant.slug) as on_progress:
                read = project_sales(tenant_id=tenant.id, on_progress=on_progress)
            again = retry_failures(tenant_id=tenant.id)
            told = "another run is under way" if read is None else f"{read} headers read"
            self.stdout.write(f"{tenant.slug}: {told}{f', {again} of those that had failed' if again else ''}.")

    @contextmanager
    def _progress(self, slug: str) -> Iterator[OnProgress | None]:
        """A counter on a terminal, and nothing elsewhere: how many are left, nobody has counted."""
        console = Console(stderr=True)
        if not console.is_terminal:
            yield None
            return
        columns = (SpinnerColumn(), TextColumn("{task.description}: {task.completed:,} headers"), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task(slug, total=None)
            yield lambda done: progress.update(task, completed=done)
