"""Triggers of an app as a Markdown table, for readers: `<app>/sql/triggers.md`."""

from pathlib import Path
from typing import Final

from ledgersafe.postgres.catalog import BEFORE, EVENTS, ROW, GuardTrigger, triggers_of

_INTRODUCTION: Final = """\
# Triggers

Each trigger that the migrations of this app make, and the function it calls. All are `ENABLE ALWAYS`: a session in
replication mode does not slip past them. Printed by `manage.py triggers`; a test keeps it current.

| table | trigger | event | timing | function |
|---|---|---|---|---|
"""


def describe_triggers(app_folder: Path) -> str:
    """Write the triggers of an app as Markdown."""
    return _INTRODUCTION + "".join(_row(trigger) for trigger in triggers_of(app_folder))


def _row(trigger: GuardTrigger) -> str:
    events = ", ".join(event for event, bit in EVENTS.items() if trigger.tgtype & bit)
    if trigger.columns:
        events += f" of {trigger.columns} column{'s' if trigger.columns > 1 else ''}"
    timing = "before" if trigger.tgtype & BEFORE else "at commit" if trigger.is_deferred else "after"
    level = "row" if trigger.tgtype & ROW else "statement"
    return f"| {trigger.table} | {trigger.name} | {events} | {timing}, each {level} | {trigger.function} |\n"
