"""Check that the audit trail is as it was sealed, and ends where it was anchored."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.core.management.base import CommandError, CommandParser
from django.db import Error as DatabaseError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from ledgersafe import setup
from ledgersafe.audit.anchors import anchor_file, read_anchors
from ledgersafe.audit.chain import Flaw
from ledgersafe.audit.full_check import AnchorIndex, Trail, check_anchors, check_trail, count_blocks
from ledgersafe.commands import LedgerCommand
from ledgersafe.postgres.db import read_only_snapshot
from ledgersafe.postgres.invariants import NAMED_ROWS, Snapshot
from ledgersafe.tenants.models import Tenant
from ledgersafe.values.errors import InvalidParameter


class Command(LedgerCommand):
    help = "Recompute the chain over the audit trail, and compare it with its anchors; name the first bad row."
    examples = """\
  manage.py verify_audit
  manage.py verify_audit --tenant acme
  manage.py verify_audit --anchors /mnt/archive/audit-anchors.jsonl
  manage.py verify_audit --json | jq '.trails[].findings[0]'

exit status: 0 every trail is as it was sealed, 1 some are not, 2 it could not be found out"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="T", help="one tenant's trail, by slug (default: all)")
        parser.add_argument("--anchors", metavar="FILE", help="another copy of the anchors (AUDIT_ANCHOR_FILE)")
        parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
        parser.add_argument("--rows", type=int, default=NAMED_ROWS, metavar="N", help=f"rows named ({NAMED_ROWS})")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["rows"] < 1:
            raise InvalidParameter("--rows must be at least 1.")
        anchors = Path(options["anchors"]) if options["anchors"] else anchor_file()
        if options["anchors"] and not anchors.is_file():
            raise InvalidParameter(f"There is no file {anchors}.")
        try:
            tenant = setup.get_tenant(options["tenant"]) if options["tenant"] else None
            trails, torn = _verify(tenant, anchors, options["rows"])
        except (DatabaseError, psycopg.Error, OSError) as error:
            raise CommandError(f"The trail cannot be read: {str(error).splitlines()[0]}", returncode=2) from error
        warnings = [f"Line {number} of {anchors} is not an anchor." for number in torn]
        if options["json"]:
            self.stdout.write(json.dumps(_document(trails, warnings, anchors)))
        else:
            self._show(trails, warnings)
        if broken := [trail for trail in trails if trail.total]:
            total = sum(trail.total for trail in broken)
            first = f"{broken[0].tenant}: {_row(broken[0].named[0])} {broken[0].named[0].message}"
            raise CommandError(f"{total} rows are not as they were sealed. The first: {first}", returncode=1)

    def _show(self, trails: list[Trail], warnings: list[str]) -> None:
        """A table on a terminal, else one line per row, which no width can cut."""
        broken = [trail for trail in trails if trail.total]
        if broken and self.stdout.isatty():
            console = Console()
            with console.capture() as text:
                console.print(_table(broken))
            self.stdout.write(text.get())
        for trail in broken if not self.stdout.isatty() else []:
            for flaw in trail.named:
                self.stdout.write(f"{trail.tenant} {_row(flaw)}: {flaw.message}")
            if rest := trail.total - len(trail.named):
                self.stdout.write(f"{trail.tenant} … and {rest} more rows")
        for trail in trails:
            for warning in trail.warnings:
                self.stdout.write(f"warning: {trail.tenant}: {warning}")
        for warning in warnings:
            self.stdout.write(f"warning: {warning}")
        if not broken:
            self.stdout.write(_summary(trails))


def _verify(tenant: Tenant | None, anchors: Path, named_rows: int) -> tuple[list[Trail], list[int]]:
    """Check in one snapshot, with a progress bar where somebody watches. :returns: trails, and torn anchor lines."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("blocks"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
    )
    trails = []
    with (
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
        read_only_snapshot() as raw,
    ):
        all_trails = Snapshot(raw, tenant.id if tenant else None)
        task = progress.add_task("", total=count_blocks(all_trails))
        index = check_anchors(all_trails, read_anchors(anchors))
        for tenant_id, slug in _tenants(tenant, index):
            progress.update(task, description=slug)
            trails.append(
                check_trail(
                    Snapshot(raw, tenant_id),
                    slug,
                    index,
                    named_rows=named_rows,
                    on_blocks=lambda blocks: progress.update(task, advance=blocks),
                )
            )
    return trails, index.torn


def _tenants(tenant: Tenant | None, index: AnchorIndex) -> Iterator[tuple[int, str]]:
    """Whose trails to check: also those that were anchored and whose tenant is gone."""
    if tenant is not None:
        yield tenant.id, tenant.slug
        return
    slugs = dict(Tenant.objects.order_by("slug").values_list("id", "slug"))
    yield from slugs.items()
    yield from ((lost, f"#{lost}") for lost in sorted(index.flaws.keys() - slugs.keys()))


def _row(flaw: Flaw) -> str:
    """How a row is named: `block 2 entry 17`, or the block alone, or an entry in no block."""
    names = (("block", flaw.block), ("entry", flaw.entry_id))
    return " ".join(f"{name} {number}" for name, number in names if number is not None)


def _summary(trails: list[Trail]) -> str:
    if len(trails) == 1:
        (trail,) = trails
        anchored = f"anchored through block {trail.anchored_block}" if trail.anchored_block else "not anchored"
        head = f" The head is block {trail.head_number}, {trail.head_sha256}, {anchored}." if trail.head_number else ""
        return f"The trail of tenant {trail.tenant} is as it was sealed: {trail.entries} entries.{head}"
    entries, blocks = sum(trail.entries for trail in trails), sum(trail.head_number for trail in trails)
    return f"All {len(trails)} trails are as they were sealed: {entries} entries in {blocks} blocks."


def _table(trails: list[Trail]) -> Table:
    table = Table(title="Not as it was sealed")
    for name in ("Tenant", "Block", "Entry", "What is wrong"):
        table.add_column(name, overflow="fold")
    for trail in trails:
        table.add_section()
        for flaw in trail.named:
            table.add_row(trail.tenant, str(flaw.block or "-"), str(flaw.entry_id or "-"), escape(flaw.message))
        if rest := trail.total - len(trail.named):
            table.add_row("", "", "", f"[dim]… and {rest} more rows[/]")
    return table


def _document(trails: list[Trail], warnings: list[str], anchors: Path) -> dict[str, Any]:
    return {
        "ok": not any(trail.total for trail in trails),
        "anchor_file": str(anchors),
        "warnings": warnings,
        "trails": [_trail(trail) for trail in trails],
    }


def _trail(trail: Trail) -> dict[str, Any]:
    return {
        "tenant": trail.tenant,
        "head_block": trail.head_number,
        "head_sha256": trail.head_sha256,
        "sealed_entries": trail.entries,
        "unsealed_entries": trail.unsealed,
        "anchored_block": trail.anchored_block,
        "findings": [
            {"block": flaw.block, "position": flaw.position, "entry": flaw.entry_id, "message": flaw.message}
            for flaw in trail.named
        ],
        "not_named": trail.total - len(trail.named),
        "warnings": trail.warnings,
    }
