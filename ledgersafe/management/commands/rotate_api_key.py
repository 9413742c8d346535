"""Rotate an API key."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand

_DEFAULT_HOURS = int(setup.DEFAULT_GRACE.total_seconds() // 3600)


class Command(LedgerCommand):
    help = (
        "Replace an API key by one with the same rights, printed alone on the last line. "
        "The old key works for a grace period."
    )
    examples = """\
  manage.py rotate_api_key acme 3f9a1c0b52
  manage.py rotate_api_key acme 3f9a1c0b52 --grace-hours 0     # revokes the old key immediately
  KEY=$(manage.py rotate_api_key acme 3f9a1c0b52 | tail -n1)"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the tenant")
        parser.add_argument("prefix", help="of the key, as list_api_keys shows it")
        parser.add_argument(
            "--grace-hours", type=int, default=_DEFAULT_HOURS, metavar="N", help=f"0 to 720 (default: {_DEFAULT_HOURS})"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        hours = options["grace_hours"]
        row, key = setup.rotate_api_key(
            slug=options["slug"],
            prefix=options["prefix"],
            grace=timedelta(hours=max(-1, min(hours, 99_999))),
            actor=self.actor,
            now=timezone.now(),
        )
        until = f"works for at most {hours} more hours" if hours else "no longer works"
        self.stdout.write(f"Key {options['prefix']} {until}. Its successor {row.prefix}, shown only once:")
        self.stdout.write(key)
