"""Revoke an API key."""

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand


class Command(LedgerCommand):
    help = "Revoke an API key immediately."
    examples = "  manage.py revoke_api_key acme 3f9a1c0b52"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the tenant")
        parser.add_argument("prefix", help="of the key, as list_api_keys shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        key = setup.revoke_api_key(slug=options["slug"], prefix=options["prefix"], actor=self.actor, now=timezone.now())
        self.stdout.write(f"Key {key.prefix} of {options['slug']} revoked.")
