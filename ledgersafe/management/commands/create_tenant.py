"""Create a tenant."""

from typing import Any

from django.core.management.base import CommandParser

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand


class Command(LedgerCommand):
    help = "Create a tenant: the owner of one set of books."
    examples = """\
  manage.py create_tenant acme --name "Acme Stores" --currency USD --timezone America/New_York
  manage.py create_tenant acme --books-start 2026-01-01     # older than that: held as CLOCK_SKEW
  manage.py create_tenant strict-co --strict-stores     # hold events of stores nobody has created"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its public id, sent by tills as tenant_id")
        parser.add_argument("--name", default="", help="shown to people (default: the slug)")
        parser.add_argument("--currency", default="USD", help="base currency, ISO 4217 (default: USD)")
        parser.add_argument("--timezone", default="UTC", help="IANA name of the business day (default: UTC)")
        parser.add_argument("--strict-stores", action="store_true", help="hold events of unknown stores and registers")
        parser.add_argument(
            "--near-duplicate-seconds",
            type=int,
            default=0,
            metavar="N",
            help="hold a sale whose basket was sold under another id within N seconds (default: 0, off)",
        )
        parser.add_argument(
            "--books-start",
            default="",
            metavar="D",
            help="first business day; older events are held (default: 30 days before today)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = setup.create_tenant(
            slug=options["slug"],
            name=options["name"],
            currency=options["currency"],
            time_zone=options["timezone"],
            strict_stores=options["strict_stores"],
            near_duplicate_seconds=options["near_duplicate_seconds"],
            books_start=options["books_start"],
            actor=self.actor,
        )
        made_of = f"{tenant.base_currency}, {tenant.time_zone}, books start on {tenant.books_start}"
        self.stdout.write(f"Created tenant {tenant.slug} ({made_of}).")
        self.stdout.write(f"Next: manage.py create_api_key {tenant.slug} --scope events:write --scope events:read")
