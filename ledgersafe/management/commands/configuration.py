"""Print the environment variables."""

import textwrap
from typing import Any, Final

from django.core.management.base import CommandParser

from ledgersafe.commands import LedgerCommand
from ledgersafe.environment.table import SECTIONS
from ledgersafe.environment.variable import Section, Variable

_INTRODUCTION: Final = """\
# Configuration

Every environment variable. Printed by `manage.py configuration` from `ledgersafe/environment/table.py`; a test keeps
the two equal, and `.env.example` with them. Nothing has to be set: without any, private servers are started.

`.env` in the checkout is read first, and real environment variables win over it. A value that cannot be used stops the
start, and the message names the variable. Settings of one tenant (its cut-off, limits, event types) are no variables:
they are on its page in the back office, and in `manage.py change_tenant`.
"""
_HEADER: Final = """\
# Printed by `manage.py configuration --example`; docs/configuration.md is the same as a table.
# Copy to .env and change what you need; everything is optional. Real environment variables win over this file."""
_WIDTH: Final = 118


class Command(LedgerCommand):
    help = "Print every environment variable as Markdown (docs/configuration.md is this)."
    examples = """\
  manage.py configuration > docs/configuration.md
  manage.py configuration --example > .env.example"""
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--example", action="store_true", help="Print .env.example instead.")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(example() if options["example"] else catalogue())


def catalogue() -> str:
    """Render the table as Markdown."""
    return "\n".join([_INTRODUCTION, *map(_section, SECTIONS)]).rstrip()


def example() -> str:
    """Render `.env.example`: every variable a person may set, commented out."""
    return "\n".join([_HEADER, *(_example_of(section) for section in SECTIONS if section.in_example)])


def _section(section: Section) -> str:
    note = [section.note, ""] if section.note else []
    head = [f"## {section.title}", "", *note, "| variable | default | unit | meaning |", "|---|---|---|---|"]
    return "\n".join([*head, *map(_row, section.variables), ""])


def _row(variable: Variable) -> str:
    default = variable.otherwise or (f"`{variable.default_text}`" if variable.default_text else "–")
    return f"| `{variable.name}` | {default} | {variable.unit or '–'} | {variable.meaning} |"


def _example_of(section: Section) -> str:
    note = f". {section.note}" if section.note else ""
    lines = ["", *_comment(f"── {section.title}{note}")]
    for variable in section.variables:
        usual = f" Default: {variable.otherwise}." if variable.otherwise else ""
        unit = f" Unit: {variable.unit}." if variable.unit else ""
        lines += _comment(variable.meaning + unit + usual)
        lines.append(f"#{variable.name}={variable.example or variable.default_text}")
    return "\n".join(lines)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
