"""Fold what was sold since the last time into the daily sales."""

from typing import Any

from django.core.management.base import CommandParser

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand
from ledgersafe.tenants.models import Tenant
from pos.reports import roll_up_sales


class Command(LedgerCommand):
    help = "Fold what was sold since the last time into the daily sales. Reports are exact without it, only slower."
    examples = """\
  manage.py roll_up_sales
  manage.py roll_up_sales --tenant acme

exit status: 0 done, 2 it could not be begun"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="T", help="whose, by slug; default: everybody's")

    def handle(self, *args: Any, **options: Any) -> None:
        named = options["tenant"]
        tenants = [setup.get_tenant(named)] if named else list(Tenant.objects.order_by("slug"))
        for tenant in tenants:
            folded = roll_up_sales(tenant_id=tenant.id)
            told = "another run is under way" if folded is None else f"{folded} headers folded"
            self.stdout.write(f"{tenant.slug}: {told}.")
