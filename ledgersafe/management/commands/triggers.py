from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError, CommandParser

from ledgersafe.commands import LedgerCommand
from ledgersafe.postgres.trigger_list import describe_triggers


class Command(LedgerCommand):
    help = "Print the triggers of an app as Markdown (<app>/sql/triggers.md is this)."
    examples = "  manage.py triggers pos > pos/sql/triggers.md"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app", help="the app's label, like pos")

    def handle(self, *args: Any, **options: Any) -> None:
        """:raises CommandError: no such app, with exit code 2."""
        try:
            folder = Path(apps.get_app_config(options["app"]).path)
        except LookupError as error:
            raise CommandError(f"There is no app {options['app']!r}.", returncode=2) from error
        self.stdout.write(describe_triggers(folder), ending="")
