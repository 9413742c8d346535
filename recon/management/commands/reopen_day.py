"""Open a closed business day again."""

from typing import Any

from django.core.management.base import CommandParser

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from recon.closing.queries import read_day
from recon.closing.reopen import reopen_day


class Command(LedgerCommand):
    help = "Open the last closed business day again, for a reason. It stays open until somebody closes it anew."
    examples = """\
  manage.py reopen_day --tenant acme --date 2026-02-25 --reason "Till 3 was counted twice"
  manage.py close_day --tenant acme --date 2026-02-25          issues its pack anew

exit status: 0 open again, 2 it cannot be"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="T", required=True, help="whose day, by slug")
        parser.add_argument("--date", metavar="D", required=True, help="the last closed business day, as 2026-02-25")
        parser.add_argument("--reason", metavar="TEXT", required=True, help="why, for the audit trail")

    def handle(self, *args: Any, **options: Any) -> None:
        done = reopen_day(
            tenant_id=setup.get_tenant(options["tenant"]).id,
            day=read_day(options["date"]),
            actor=self.actor,
            reason=options["reason"],
        )
        self.stdout.write(f"{options['tenant']}: {done.period.business_date} is open again until it is closed anew.")
        if done.superseded_sha256:
            self.stdout.write(f"No longer counts: the accountant pack with SHA-256 {done.superseded_sha256}")
