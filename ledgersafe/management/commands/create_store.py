"""Create a store."""

from typing import Any

from django.core.management.base import CommandParser

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand


class Command(LedgerCommand):
    help = "Create a store; needed if the tenant is strict about stores."
    examples = """\
  manage.py create_store acme store-1 --name "Main Street"
  manage.py create_store acme store-9 --time-zone America/Los_Angeles
  manage.py create_register acme store-1 till-1"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the tenant")
        parser.add_argument("code", help="as its tills send it in store_id")
        parser.add_argument("--name", default="", help="shown to people")
        parser.add_argument(
            "--time-zone",
            "--timezone",
            default="",
            metavar="IANA",
            help="time zone of its business days (default: the tenant's)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        slug, code = options["slug"], options["code"]
        zone = options["time_zone"]
        setup.create_store(slug=slug, code=code, name=options["name"], time_zone=zone, actor=self.actor)
        self.stdout.write(f"Created store {code} of {slug}.")
