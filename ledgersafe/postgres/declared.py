"""What our SQL files say the database holds: functions by their text, guard triggers by table, events and function.

Read from `*/migrations/sql/*.sql` in the order in which they are applied, so that a new guard is watched without
being listed anywhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from django.apps import apps
from django.conf import settings

_STATEMENTS: Final = re.compile(
    r"CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) (?P<function>\w+)\s*\((?:.*?)AS \$\$(?P<body>.*?)\$\$"
    r"|CREATE (?:CONSTRAINT )?TRIGGER (?P<trigger>\w+)\s+(?P<when>[A-Z\s]+?)(?:\s+OF (?P<columns>[\w, ]+?))?\s+"
    r"ON (?P<table>\w+)(?P<rest>.*?)"
    r"EXECUTE FUNCTION (?P<executes>\w+)"
    r"|^CALL ledgersafe_make_append_only_v1\('(?P<append_only>\w+)'\)"
    r"|^DROP (?P<kind>FUNCTION|PROCEDURE|TRIGGER) (?:IF EXISTS )?(?P<dropped>\w+)(?:[^;]*? ON (?P<dropped_on>\w+))?",
    re.DOTALL | re.MULTILINE,
)
#: The bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h).
_ROW, _BEFORE = 1, 2
_EVENTS: Final = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


@dataclass(frozen=True, slots=True)
class GuardTrigger:
    """A trigger as declared; `tgtype` is when it fires, as Postgres keeps it; `columns` how many it is bound to."""

    table: str
    name: str
    function: str
    tgtype: int
    columns: int = 0


@dataclass(slots=True)
class DeclaredCatalog:
    """Bodies of functions by name, and triggers by table and name."""

    functions: dict[str, str] = field(default_factory=dict)
    triggers: dict[tuple[str, str], GuardTrigger] = field(default_factory=dict)


@cache
def declared() -> DeclaredCatalog:
    """Everything our SQL files leave behind once all are applied."""
    found = DeclaredCatalog()
    for path in _files():
        for statement in _STATEMENTS.finditer(path.read_text()):
            _apply(statement.groupdict(), found)
    return found


def append_only_trigger(table: str) -> GuardTrigger:
    """The trigger every append-only table carries."""
    before_any_rewrite = _BEFORE | _EVENTS["UPDATE"] | _EVENTS["DELETE"] | _EVENTS["TRUNCATE"]
    return GuardTrigger(table, "append_only", "ledgersafe_append_only_v1", before_any_rewrite)


def _files() -> Iterator[Path]:
    for app in apps.get_app_configs():
        if Path(app.path).is_relative_to(settings.BASE_DIR):
            files = sorted((Path(app.path) / "migrations" / "sql").glob("*.sql"))
            yield from (path for path in files if not path.name.endswith(".down.sql"))


def _apply(statement: dict[str, str | None], found: DeclaredCatalog) -> None:
    match statement:
        case {"function": str(name), "body": str(body)}:
            found.functions[name] = body
        case {"trigger": str(name), "table": str(table), "executes": str(function)}:
            columns = len((statement["columns"] or "").split(",")) if statement["columns"] else 0
            found.triggers[table, name] = GuardTrigger(table, name, function, _tgtype(statement), columns)
        case {"append_only": str(table)}:
            found.triggers[table, "append_only"] = append_only_trigger(table)
        case {"kind": "TRIGGER", "dropped": str(name), "dropped_on": str(table)}:
            found.triggers.pop((table, name), None)
        case {"dropped": str(name)}:
            found.functions.pop(name, None)


def _tgtype(statement: dict[str, str | None]) -> int:
    when, rest = statement["when"] or "", statement["rest"] or ""
    events = sum(bit for event, bit in _EVENTS.items() if event in when)
    return events | (_BEFORE if "BEFORE" in when else 0) | (_ROW if "FOR EACH ROW" in rest else 0)
