"""Prepare the change of SQL functions: keep the text that stands, write the migration that replaces it."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledgersafe.postgres.functions import replaced_text, source_of
from ledgersafe.values.errors import DomainError

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,60}")
_MIGRATION: Final = '''"""{summary}"""

from django.db import migrations

from ledgersafe.postgres.functions import replace_functions


class Migration(migrations.Migration):
    dependencies = [("{label}", "{parent}")]
    operations = [replace_functions(__file__, {names})]
'''


class UnknownFunction(DomainError):
    """The app has no such function."""

    code = "UNKNOWN_FUNCTION"


class BadMigrationName(DomainError):
    """A migration is named by lower-case letters, digits and underscores, like faster_gate."""

    code = "BAD_MIGRATION_NAME"


@dataclass(frozen=True, slots=True)
class Rework:
    """What was written: the migration, and the kept text of each function that is not new."""

    migration: Path
    kept: tuple[Path, ...]
    sources: tuple[Path, ...]


def rework_functions(
    app_folder: Path, *, label: str, parent: str, names: Sequence[str], name: str, create: bool = False
) -> Rework:
    """Write the migration of a change that is still to be made in `sql/`.

    The committed text is kept, not the one in the working tree: whoever has begun to edit has lost nothing.

    :param app_folder: of the app, like `pos/`. :param parent: the migration that is the app's last one.
    :param names: of functions with a file in `sql/`. :param name: of the migration, without its number.
    :param create: the functions are new, and have nothing to be kept.
    :raises UnknownFunction: there is no `sql/NAME.sql`, or git has none and `create` was not said.
    :raises BadMigrationName: the name could not be that of a module.
    """
    if not _NAME.fullmatch(name):
        raise BadMigrationName
    sources = tuple(source_of(app_folder, function) for function in names)
    for source in sources:
        if not source.exists():
            raise UnknownFunction(f"There is no {source.parent.parent.name}/sql/{source.name}.")
    migrations = app_folder / "migrations"
    number = f"{max(int(path.name[:4]) for path in migrations.glob('[0-9]*.py')) + 1:04}"
    texts = {} if create else {function: committed_text(source_of(app_folder, function)) for function in names}
    kept = []
    for function, text in texts.items():
        path = replaced_text(migrations, number, function)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        kept.append(path)
    migration = migrations / f"{number}_{name}.py"
    verb = "Create" if create else "Replace"
    quoted = ", ".join(f'"{function}"' for function in names)
    migration.write_text(
        _MIGRATION.format(summary=f"{verb} {', '.join(names)}.", label=label, parent=parent, names=quoted)
    )
    return Rework(migration, tuple(kept), sources)


def committed_text(source: Path) -> str:
    """The text of a file as git has it at HEAD. :raises UnknownFunction: it has none."""
    shown = subprocess.run(  # noqa: S603  a file of ours
        ["git", "show", f"HEAD:./{source.name}"],  # noqa: S607  whichever git the person uses
        cwd=source.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if shown.returncode != 0:
        raise UnknownFunction(f"git has no committed {source.name}: is it new? Then add --new.")
    return shown.stdout
