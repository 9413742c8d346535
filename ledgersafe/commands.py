"""Base of our commands: examples in `--help`, and exit code 2 with one line for a refusal."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.utils import OperationalError, ProgrammingError

from ledgersafe.values.errors import DomainError

#: undefined_table, undefined_column, undefined_function: the schema is older than the program.
_NOT_MIGRATED = {"42P01", "42703", "42883"}


class LedgerCommand(BaseCommand):
    """Base of our commands, which parse, call one use case and print."""

    #: Shown at the end of `--help`.
    examples = ""
    #: `manage.py check` and `make check` run the checks; a command that ran them would import every page first.
    requires_system_checks: list[str] = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        """Add the examples to the end of `--help`."""
        if self.examples:
            kwargs["epilog"] = f"examples:\n{self.examples}"
            kwargs["formatter_class"] = argparse.RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, **kwargs)

    def execute(self, *args: Any, **options: Any) -> str | None:
        """Run the command.

        :raises CommandError: a refusal in its own words, or no usable database; exit code 2.
        """
        try:
            return super().execute(*args, **options)
        except DomainError as error:
            raise CommandError(error.message, returncode=2) from error
        except OperationalError as error:
            first_line = str(error).strip().splitlines()[0]
            raise CommandError(
                f"The database cannot be reached: {first_line}. Check DATABASE_URL.", returncode=2
            ) from error
        except ProgrammingError as error:
            if getattr(error.__cause__, "sqlstate", None) not in _NOT_MIGRATED:
                raise
            raise CommandError("The database is not migrated: run `manage.py migrate` first.", returncode=2) from error

    @property
    def actor(self) -> str:
        """The command's name in the audit trail."""
        return f"system:{type(self).__module__.rsplit('.', 1)[-1]}"
