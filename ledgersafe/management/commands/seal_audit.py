"""Seal the audit trail now."""

from typing import Any

from django.core.management.base import CommandParser

from ledgersafe import setup
from ledgersafe.audit.anchors import anchor_head
from ledgersafe.audit.sealing import seal_trail
from ledgersafe.commands import LedgerCommand
from ledgersafe.tenants.models import Tenant


class Command(LedgerCommand):
    help = "Seal what is not sealed yet into the next block of each trail, and anchor the heads. A job does it, too."
    examples = """\
  manage.py seal_audit
  manage.py seal_audit --tenant acme

exit status: 0 sealed, or nothing to seal; 2 it could not be done"""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", metavar="T", help="one tenant's trail, by slug (default: all)")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["tenant"]
        for tenant in [setup.get_tenant(slug)] if slug else Tenant.objects.order_by("slug").iterator():
            block = seal_trail(tenant_id=tenant.id, everything=True)
            # Also a head that was sealed before: its anchor may have failed then.
            anchor = anchor_head(tenant)
            if block:
                self.stdout.write(f"{tenant.slug}: block {block.number} seals {block.entries} entries, {block.sha256}")
            elif slug:
                self.stdout.write(f"{tenant.slug}: nothing to seal; the head is block {anchor.block if anchor else 0}")
