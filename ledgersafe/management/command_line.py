"""Django's command line, whose `help` lists our own commands before those of Django and its packages."""

import re
from typing import Final

from django.core.management import ManagementUtility

#: Our apps in the order of `help`.
_OURS: Final = ("ledgersafe", "pos", "ledger", "exceptions", "recon")
#: The heading of an app's commands, which may be coloured.
_HEADING: Final = re.compile(r"^\S*\[(\w+)\]")


class CommandLine(ManagementUtility):
    """Runs a command; `help` begins with ours."""

    def main_help_text(self, commands_only: bool = False) -> str:
        """Return the list of commands by app, ours first."""
        text = super().main_help_text(commands_only)
        if commands_only:  # for scripts: names alone, sorted
            return text
        head, *blocks = text.split("\n\n")
        begin = next((n for n, block in enumerate(blocks) if _HEADING.match(block)), len(blocks))
        return "\n\n".join([head, *blocks[:begin], *sorted(blocks[begin:], key=_rank)])


def _rank(block: str) -> int:
    """Rank a block; sorting is stable, so that the rest stays in Django's order."""
    heading = _HEADING.match(block)
    app = heading[1] if heading else ""
    return _OURS.index(app) if app in _OURS else len(_OURS)
