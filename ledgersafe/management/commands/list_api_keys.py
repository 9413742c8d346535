"""List a tenant's API keys."""

from typing import Any

from django.core.management.base import CommandParser
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from ledgersafe.tenants.models import ApiKey


class Command(LedgerCommand):
    help = "List a tenant's API keys by prefix; the keys themselves are not stored."
    examples = "  manage.py list_api_keys acme"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the tenant")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = setup.get_tenant(options["slug"])
        table = Table(
            Column("Prefix", no_wrap=True),
            "Name",
            "Store",
            Column("Scopes", overflow="fold"),
            "Last used",
            "Expires",
            "State",
        )
        for key in ApiKey.objects.filter(tenant=tenant).select_related("store").order_by("created_at"):
            table.add_row(
                key.prefix,
                escape(key.name),
                escape(key.store.code) if key.store else "all",
                " ".join(key.scopes),
                f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never",
                f"{key.expires_at:%Y-%m-%d}" if key.expires_at else "never",
                "revoked" if key.revoked_at else "live",
            )
        console = Console()
        with console.capture() as text:
            console.print(table)
        self.stdout.write(text.get())
