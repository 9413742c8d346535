"""Close a business day."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from ledgersafe.values.errors import InvalidParameter
from recon import packs
from recon.closing import ClosedDay, close_day
from recon.closing.queries import read_day


class Command(LedgerCommand):
    help = "Close a business day and, with --out, write its accountant pack. A closed day: only the pack is written."
    examples = """\
  manage.py close_day --tenant acme --date 2026-02-25
  manage.py close_day --tenant acme --date 2026-02-25 --out packs/2026-02-25
  manage.py close_day --tenant acme --date 2026-02-25 --force --notes "Till 3 is broken; counted by hand"

exit status: 0 closed, 2 refused"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="T", required=True, help="whose day, by slug")
        parser.add_argument("--date", metavar="D", required=True, help="the business day, like 2026-02-25")
        parser.add_argument("--out", metavar="DIR", type=Path, help="write the accountant pack into this folder")
        parser.add_argument("--force", action="store_true", help="close in spite of undecided events or open drawers")
        parser.add_argument("--notes", metavar="TEXT", default="", help="why, for the audit trail; required by --force")

    def handle(self, *args: Any, **options: Any) -> None:
        result = close_day(
            tenant_id=setup.get_tenant(options["tenant"]).id,
            day=read_day(options["date"]),
            actor=self.actor,
            now=timezone.now(),
            force=options["force"],
            may_force=True,
            notes=options["notes"],
        )
        close, covered_by = result.close, result.close.covered_by
        outcome = (
            f"with {covered_by.business_date}: it had no sales" if covered_by else f"{close.accounts} balances saved"
        )
        self.stdout.write(f"{close.tenant.slug}: {close.business_date} is closed, {outcome}.")
        self.stdout.write(f"Accountant pack, SHA-256 {result.pack.sha256}")
        if options["out"]:
            self._write(result, options["out"])

    def _write(self, result: ClosedDay, folder: Path) -> None:
        """Write every file of the pack, and `SHA256SUMS` for `sha256sum -c`."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            packs.write(result.close, folder)
            sums = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(result.pack.files.items()))
            (folder / "SHA256SUMS").write_text(sums)
        except OSError as error:
            raise InvalidParameter(f"The pack cannot be written: {error}") from error
        self.stdout.write(f"{len(packs.names_of(result.close))} files and SHA256SUMS in {folder}")
