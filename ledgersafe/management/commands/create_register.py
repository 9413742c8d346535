"""Create a register in a store."""

from typing import Any

from django.core.management.base import CommandParser

from ledgersafe import setup
from ledgersafe.commands import LedgerCommand


class Command(LedgerCommand):
    help = "Create a register in a store; needed if the tenant is strict about stores."
    examples = '  manage.py create_register acme store-1 till-3 --name "Express lane"'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the tenant")
        parser.add_argument("store", help="the store's code")
        parser.add_argument("code", help="as the till sends it in register_id")
        parser.add_argument("--name", default="", help="shown to people")

    def handle(self, *args: Any, **options: Any) -> None:
        register = setup.create_register(
            slug=options["slug"],
            store_code=options["store"],
            code=options["code"],
            name=options["name"],
            actor=self.actor,
        )
        self.stdout.write(f"Created register {options['store']}/{register.code} of {options['slug']}.")
