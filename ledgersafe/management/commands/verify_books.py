"""Check every invariant of the books."""

import json
from datetime import date
from typing import Any

import psycopg
from django.core.management.base import CommandError, CommandParser
from django.db import Error as DatabaseError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from ledgersafe.operations import verification
from ledgersafe.postgres.db import read_only_snapshot
from ledgersafe.postgres.invariants import NAMED_ROWS, Finding, Report, Snapshot, Violation
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import InvalidParameter


class Command(LedgerCommand):
    help = "Check every invariant of the books in one read-only snapshot; list the rows that break one."
    examples = """\
  manage.py verify_books
  manage.py verify_books --tenant acme --since 2026-02-01
  manage.py verify_books --json | jq '.invariants[] | select(.violations > 0)'

exit status: 0 all hold, 1 some do not, 2 it could not be found out"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="T", help="one tenant's books, by slug (default: all)")
        parser.add_argument(
            "--since",
            metavar="D",
            help="only rows received on, or of a business day on, or after this day (YYYY-MM-DD)",
        )
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
        parser.add_argument(
            "--rows", type=int, default=NAMED_ROWS, metavar="N", help=f"rows named per invariant ({NAMED_ROWS})"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        since = _day(options["since"])
        if options["rows"] < 0:
            raise InvalidParameter("--rows must not be negative.")
        try:
            tenant = setup.get_tenant(options["tenant"]) if options["tenant"] else None
            report = _verify(tenant, since, options["rows"])
            slugs = _slugs(report)
        except (DatabaseError, psycopg.Error) as error:
            raise CommandError(f"The books cannot be read: {str(error).splitlines()[0]}", returncode=2) from error
        whose = f"tenant {tenant.slug}" if tenant else "all tenants"
        if options["json"]:
            self.stdout.write(json.dumps(_document(report, slugs, tenant, since)))
        elif report.broken:
            self._show(report, slugs)
        else:
            self.stdout.write(f"All {report.checked} invariants hold for {whose}{f' since {since}' if since else ''}.")
        if report.broken:
            broken = ", ".join(finding.invariant.id for finding in report.broken)
            raise CommandError(f"Books of {whose}: {report.violation_count} violating rows of {broken}.", returncode=1)

    def _show(self, report: Report, slugs: dict[int, str]) -> None:
        """Print a table on a terminal, else one line per row, which no width can cut."""
        if self.stdout.isatty():
            console = Console()
            with console.capture() as text:
                console.print(_table(report, slugs))
            self.stdout.write(text.get())
            return
        for finding in report.broken:
            for row in finding.named:
                self.stdout.write(f"{finding.invariant.id} {_whose(row, slugs)} {row.table} {row.row}: {row.message}")
            if rest := finding.total - len(finding.named):
                self.stdout.write(f"{finding.invariant.id} … and {rest} more rows")


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidParameter(f"--since must be a day, like 2026-02-25, not {text!r}.") from None


def _verify(tenant: Tenant | None, since: date | None, named_rows: int) -> Report:
    """Check, with a progress bar on a terminal."""
    report = Report()
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("invariants"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
    )
    with (
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
        read_only_snapshot() as raw,
    ):
        task = progress.add_task("", total=len(verification.INVARIANTS))

        def tell(rows: int) -> None:
            progress.update(task, description=f"{rows:,} rows")

        snapshot = Snapshot(raw, tenant.id if tenant else None, since, on_rows=tell)
        for finding in verification.findings(snapshot, named_rows=named_rows):
            report.findings.append(finding)
            progress.update(task, advance=1, description="")
    return report


def _slugs(report: Report) -> dict[int, str]:
    ids = {row.tenant_id for finding in report.broken for row in finding.named if row.tenant_id is not None}
    return dict(Tenant.objects.filter(id__in=ids).values_list("id", "slug"))


def _whose(row: Violation, slugs: dict[int, str]) -> str:
    return "-" if row.tenant_id is None else slugs.get(row.tenant_id, f"#{row.tenant_id}")


def _table(report: Report, slugs: dict[int, str]) -> Table:
    table = Table(title="Broken invariants")
    for name in ("Invariant", "Tenant", "Table", "Row", "What is wrong"):
        table.add_column(name, overflow="fold")
    for finding in report.broken:
        table.add_section()
        table.add_row(f"[bold red]{finding.invariant.id}[/]", "", "", "", f"[bold]{finding.invariant.sentence}[/]")
        for row in finding.named:
            table.add_row("", _whose(row, slugs), row.table, row.row, escape(row.message))
        if rest := finding.total - len(finding.named):
            table.add_row("", "", "", "", f"[dim]… and {rest} more rows[/]")
    return table


def _document(report: Report, slugs: dict[int, str], tenant: Tenant | None, since: date | None) -> dict[str, Any]:
    return {
        "ok": not report.broken,
        "tenant": tenant.slug if tenant else None,
        "since": str(since) if since else None,
        "checked": report.checked,
        "violations": report.violation_count,
        "invariants": [_finding(finding, slugs) for finding in report.findings],
    }


def _finding(finding: Finding, slugs: dict[int, str]) -> dict[str, Any]:
    return {
        "id": finding.invariant.id,
        "sentence": finding.invariant.sentence,
        "violations": finding.total,
        "rows": [
            {"tenant": _whose(row, slugs), "table": row.table, "row": row.row, "message": row.message}
            for row in finding.named
        ],
        "not_named": finding.total - len(finding.named),
        "seconds": round(finding.seconds, 4),
    }
