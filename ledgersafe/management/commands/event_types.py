"""Print the table of event types."""

from typing import Any

from ledgersafe.commands import LedgerCommand
from ledgersafe.tenants.event_types import TABLE, EventType

_INTRODUCTION = """\
# Event types

The values of `event_type` a till may send. Printed by `manage.py event_types` from
`ledgersafe/tenants/event_types.py`; a test keeps the two equal. [How to add one](adding/event-type.md).

A new tenant accepts all of them. Events of a type that is switched off, or that is not listed here, are kept and held
under `UNKNOWN_EVENT_TYPE`. The last column is how a drawer's X- and Z-reports name the cash; `–`: no cash moves.

| type | meaning | group | on receipts | flow of cash |
|---|---|---|---|---|"""


class Command(LedgerCommand):
    help = "Print the table of event types as Markdown (docs/event-types.md is this)."
    examples = "  manage.py event_types > docs/event-types.md"
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(catalogue())


def catalogue() -> str:
    """Render the table as Markdown."""
    return "\n".join([_INTRODUCTION, *map(_row, TABLE)])


def _row(kind: EventType) -> str:
    flow = f"`{kind.flow}`" if kind.flow else "–"
    return f"| {' | '.join((f'`{kind.name}`', kind.meaning, kind.group.value, kind.label, flow))} |"
