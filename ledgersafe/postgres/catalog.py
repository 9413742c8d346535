"""Read what our SQL files say the database holds: functions by their text, guard triggers by table.

Functions are read from `*/sql/*.sql`, one file each; triggers from the baselines and from the SQL files of migrations
after them, in the order in which they are applied. So a new guard is watched without being listed anywhere.
"""

import re
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
#: Numbers of migrations that a baseline stands for.
_REPLACED: Final = re.compile(r'\("\w+", "(\d{4})_')
#: The bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h).
ROW, BEFORE = 1, 2
EVENTS: Final = {"INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


@dataclass(frozen=True, slots=True)
class GuardTrigger:
    """A trigger as declared; `tgtype` is when it fires, as Postgres keeps it; `columns` how many it is bound to."""

    table: str
    name: str
    function: str
    tgtype: int
    columns: int = 0
    is_deferred: bool = False


@dataclass(slots=True)
class DeclaredCatalog:
    """Bodies of functions by name, and triggers by table and name."""

    functions: dict[str, str] = field(default_factory=dict)
    triggers: dict[tuple[str, str], GuardTrigger] = field(default_factory=dict)


@cache
def declared() -> DeclaredCatalog:
    """Everything our SQL files leave behind once all migrations are applied."""
    catalog = DeclaredCatalog()
    for folder in app_folders():
        for path in sorted((folder / "sql").glob("*.sql")):
            _apply(path, catalog, "function")
    for folder in app_folders():
        _apply_triggers(folder, catalog)
    return catalog


def triggers_of(app_folder: Path) -> list[GuardTrigger]:
    """List the triggers that the migrations of one app make, by table and name."""
    catalog = DeclaredCatalog()
    _apply_triggers(app_folder, catalog)
    return [trigger for _, trigger in sorted(catalog.triggers.items())]


def append_only_trigger(table: str) -> GuardTrigger:
    """The trigger every append-only table carries."""
    before_any_rewrite = BEFORE | EVENTS["UPDATE"] | EVENTS["DELETE"] | EVENTS["TRUNCATE"]
    return GuardTrigger(table, "append_only", "ledgersafe_append_only_v1", before_any_rewrite)


def app_folders() -> list[Path]:
    """The folders of our apps, from the bottom of the stack."""
    return [Path(app.path) for app in apps.get_app_configs() if Path(app.path).is_relative_to(settings.BASE_DIR)]


def _apply_triggers(app_folder: Path, catalog: DeclaredCatalog) -> None:
    for path in _trigger_files(app_folder / "migrations"):
        _apply(path, catalog, "trigger", "append_only", "dropped")


def _trigger_files(migrations: Path) -> list[Path]:
    """The baselines, then SQL files of the migrations that no baseline replaces, as they are applied."""
    later = [path for path in (migrations / "sql").glob("*.sql") if not path.name.endswith(".down.sql")]
    replaced = {
        number
        for baseline in migrations.glob("*_baseline*.py")
        for number in _REPLACED.findall(baseline.read_text().partition("dependencies")[0])
    }
    return sorted((migrations / "baseline").glob("*.sql")) + sorted(
        path for path in later if path.name[:4] not in replaced
    )


def _apply(path: Path, catalog: DeclaredCatalog, *kinds: str) -> None:
    """Take the statements of these kinds of a file into the catalog."""
    for match in _STATEMENTS.finditer(path.read_text()):
        statement = match.groupdict()
        if any(statement[kind] is not None for kind in kinds):
            _take(statement, catalog)


def _take(statement: dict[str, str | None], catalog: DeclaredCatalog) -> None:
    match statement:
        case {"function": str(name), "body": str(body)}:
            catalog.functions[name] = body
        case {"trigger": str(name), "table": str(table), "executes": str(function)}:
            columns = len((statement["columns"] or "").split(",")) if statement["columns"] else 0
            deferred = "INITIALLY DEFERRED" in (statement["rest"] or "")
            catalog.triggers[table, name] = GuardTrigger(table, name, function, _tgtype(statement), columns, deferred)
        case {"append_only": str(table)}:
            catalog.triggers[table, "append_only"] = append_only_trigger(table)
        case {"kind": "TRIGGER", "dropped": str(name), "dropped_on": str(table)}:
            catalog.triggers.pop((table, name), None)


def _tgtype(statement: dict[str, str | None]) -> int:
    when, rest = statement["when"] or "", statement["rest"] or ""
    events = sum(bit for event, bit in EVENTS.items() if event in when)
    return events | (BEFORE if "BEFORE" in when else 0) | (ROW if "FOR EACH ROW" in rest else 0)
