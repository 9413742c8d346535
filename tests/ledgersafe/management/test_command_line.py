"""`manage.py help`: our commands come first, and no command is lost."""

import re

from django.core.management import get_commands

from ledgersafe.management.command_line import CommandLine


def test_help_begins_with_our_commands() -> None:
    text = CommandLine(["manage.py", "help"]).main_help_text()
    headings = re.findall(r"\[(\w+)\]", text)
    assert headings[0] == "ledgersafe"
    assert {"auth", "sessions"} <= set(headings[1:])
    assert text.index("create_tenant") < text.index("createsuperuser")


def test_help_lists_every_command() -> None:
    utility = CommandLine(["manage.py", "help"])
    listed = set(re.findall(r"^    (\w+)$", utility.main_help_text(), re.MULTILINE))
    assert listed >= set(get_commands()) - {"runserver"}
    assert utility.main_help_text(commands_only=True).split() == sorted(get_commands())
