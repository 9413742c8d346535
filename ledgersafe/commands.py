"""What all our commands share: examples in `--help`, and one line and exit code 2 for a refusal."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledgersafe.errors import DomainError


class LedgerCommand(BaseCommand):
    """A thin command: parse, one call of a use case, print."""

    #: Shown at the end of `--help`.
    examples = ""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        if self.examples:
            kwargs["epilog"] = f"examples:\n{self.examples}"
            kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, **kwargs)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """:raises CommandError: with exit code 2, the domain's own words."""
        try:
            return super().execute(*args, **options)
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error

    @property
    def actor(self) -> str:
        """As the audit trail names a command."""
        return f"system:{type(self).__module__.rsplit('.', 1)[-1]}"
