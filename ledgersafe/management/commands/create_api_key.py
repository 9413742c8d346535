"""Create an API key."""

from datetime import timedelta
from textwrap import fill
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from ledgersafe.tenants import scopes
from ledgersafe.tenants.models import SCOPES

_WIDTH = max(map(len, SCOPES))


def _listed(scope: str) -> str:
    whole = " Not with --store." if scopes.is_of_whole_tenant(scope) else ""
    text = f"{scope:<{_WIDTH}}  {scopes.meaning_of(scope)}{whole}"
    return fill(text, 79, initial_indent="  ", subsequent_indent=" " * (_WIDTH + 4), break_on_hyphens=False)


class Command(LedgerCommand):
    help = "Create an API key and print it once, alone on the last line."
    examples = f"""\
  manage.py create_api_key acme --scope events:write --store store-1 --name "till 4"
  KEY=$(manage.py create_api_key acme --scope events:write --scope events:read | tail -n1)
  KEY=$(manage.py create_api_key acme --all-scopes | tail -n1)     # for first steps

scopes (manage.py scopes lists the endpoints of each):
{chr(10).join(map(_listed, SCOPES))}"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the tenant")
        rights = parser.add_mutually_exclusive_group(required=True)
        rights.add_argument("--scope", action="append", help="a scope of the key; repeat for more")
        rights.add_argument("--all-scopes", action="store_true", help="all scopes: for first steps, never for a till")
        parser.add_argument("--name", default="", help='who uses it, like "till 4"')
        parser.add_argument("--store", default=None, help="bind the key to one store (created if new)")
        parser.add_argument("--expires-in-days", type=int, default=None, help="1 to 36500 (default: never expires)")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["expires_in_days"]
        row, key = setup.create_api_key(
            slug=options["slug"],
            scopes=SCOPES if options["all_scopes"] else options["scope"],
            name=options["name"],
            store_code=options["store"],
            expires_in=timedelta(days=max(-1, min(days, 99_999))) if days is not None else None,
            actor=self.actor,
            now=timezone.now(),
        )
        self.stdout.write(f"Key {row.prefix} of {options['slug']} may: {' '.join(row.scopes)}. Shown only once:")
        self.stdout.write(key)
