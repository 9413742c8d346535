"""Reopen a closed business day."""

from typing import Any

from django.core.management.base import CommandParser

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from recon.closing.queries import read_day
from recon.closing.reopen import reopen_day


class Command(LedgerCommand):
    help = "Reopen the last closed business day, for a reason. It stays open until somebody closes it by hand."
    examples = """\
  manage.py reopen_day --tenant acme --date 2026-02-25 --reason "Till 3 was counted twice"
  manage.py close_day --tenant acme --date 2026-02-25          issues its pack anew

exit status: 0 reopened, 2 refused"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="T", required=True, help="whose day, by slug")
        parser.add_argument("--date", metavar="D", required=True, help="the last closed business day, like 2026-02-25")
        parser.add_argument("--reason", metavar="TEXT", required=True, help="why, for the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        result = reopen_day(
            tenant_id=setup.get_tenant(options["tenant"]).id,
            day=read_day(options["date"]),
            actor=self.actor,
            reason=options["reason"],
        )
        self.stdout.write(f"{options['tenant']}: {result.period.business_date} is open again: close it by hand.")
        if result.superseded_sha256:
            self.stdout.write(f"Superseded: the accountant pack with SHA-256 {result.superseded_sha256}")
