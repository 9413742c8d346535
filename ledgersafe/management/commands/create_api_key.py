"""Create an API key."""

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from ledgersafe import registry
from ledgersafe.commands import LedgerCommand
from ledgersafe.tenants.models import SCOPES


class Command(LedgerCommand):
    help = f"Create an API key and print it once, alone on the last line. Scopes: {' '.join(SCOPES)}."
    examples = """\
  manage.py create_api_key acme --scope events:write --store store-1 --name "till 4"
  KEY=$(manage.py create_api_key acme --scope events:write --scope events:read | tail -n1)"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the tenant")
        parser.add_argument("--scope", action="append", required=True, help="what it may do; repeat for more")
        parser.add_argument("--name", default="", help="whose it is, for people")
        parser.add_argument("--store", default=None, help="bind it to one store (created if new)")
        parser.add_argument("--expires-in-days", type=int, default=None, help="1 to 36500 (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["expires_in_days"]
        row, key = registry.create_api_key(
            slug=options["slug"],
            scopes=options["scope"],
            name=options["name"],
            store_code=options["store"],
            expires_in=timedelta(days=max(-1, min(days, 99_999))) if days is not None else None,
            actor=self.actor,
            now=timezone.now(),
        )
        self.stdout.write(f"Key {row.prefix} of {options['slug']} may: {' '.join(row.scopes)}. Shown this once:")
        self.stdout.write(key)
