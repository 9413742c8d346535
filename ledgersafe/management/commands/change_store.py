"""Change a store's name or time zone."""

from typing import Any

from django.core.management.base import CommandParser

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand


class Command(LedgerCommand):
    help = "Change a store's name or time zone; options left out change nothing."
    examples = """\
  manage.py change_store acme store-1 --name "Main Street"
  manage.py change_store acme store-9 --time-zone America/Los_Angeles   # or "none"; until its first posting"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the tenant")
        parser.add_argument("code", help="the store, as its tills send it in store_id")
        parser.add_argument("--name", help="shown to people")
        parser.add_argument(
            "--time-zone",
            "--timezone",
            metavar="IANA",
            help="IANA name, only until its first posting; none: the tenant's",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        who = {"slug": options["slug"], "code": options["code"], "actor": self.actor}
        store = setup.get_store(options["slug"], options["code"])
        # The zone first: it may be refused.
        if (zone := options["time_zone"]) is not None:
            store = setup.set_store_zone(time_zone="" if zone.lower() == "none" else zone, **who)
        if options["name"] is not None:
            store = setup.rename_store(name=options["name"], **who)
        self.stdout.write(f"Store {store.code} of {options['slug']} ({store.name or 'no name'})")
        self.stdout.write(f"  business day  ends by the clock of {store.time_zone or 'its tenant'}")
