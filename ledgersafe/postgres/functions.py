"""Migration operations for SQL functions, each of which has one source: `<app>/sql/NAME.sql`, the text that runs.

A change edits that file. `manage.py rework_sql` writes its migration first, and puts the text that stood before into
`migrations/replaced/NNNN/NAME.sql`. So each historical text exists once, a chain from nothing is deterministic, and
both directions are exact: forward installs what stood after the migration (the text that the next one replaced, else
the current one), backward what stood before.
"""

from pathlib import Path

from django.db.migrations import RunSQL

#: Bodies may name tables and functions that come later: Postgres reads them when they are called.
_UNCHECKED = "SET LOCAL check_function_bodies = off;\n"


def replace_functions(migration_file: str, *names: str) -> RunSQL:
    """Install functions as they stood after this migration; backward as before it, or drop those that are new in it.

    :param migration_file: `__file__` of the migration, whose name begins with its number.
    :param names: of functions of the app, each with a file of its name in `<app>/sql/`.
    :raises FileNotFoundError: a function has no source.
    """
    migrations = Path(migration_file).parent
    number = Path(migration_file).name[:4]
    forward = [_text_after(migrations, number, name) for name in names]
    backward = [_text_before(migrations, number, name) for name in reversed(names)]
    return RunSQL(_UNCHECKED + "\n".join(forward), _UNCHECKED + "\n".join(backward))


def run_baseline(migration_file: str) -> RunSQL:
    """Run `baseline/NNNN.sql` beside the migration: sequences, triggers, and what else Django cannot say of tables.

    There is no way back but dropping the tables, which the migration's other operations do.
    """
    path = Path(migration_file)
    return RunSQL((path.parent / "baseline" / f"{path.name[:4]}.sql").read_text(), RunSQL.noop)


def source_of(app_folder: Path, name: str) -> Path:
    """The file with the current text of a function of an app."""
    return app_folder / "sql" / f"{name}.sql"


def replaced_text(migrations: Path, number: str, name: str) -> Path:
    """The file with the text of a function as it stood before the migration of this number."""
    return migrations / "replaced" / number / f"{name}.sql"


def _text_after(migrations: Path, number: str, name: str) -> str:
    later = sorted((migrations / "replaced").glob(f"*/{name}.sql"))
    following = next((path for path in later if path.parent.name > number), None)
    return (following or source_of(migrations.parent, name)).read_text()


def _text_before(migrations: Path, number: str, name: str) -> str:
    before = replaced_text(migrations, number, name)
    # CASCADE: the triggers of a guard go with it.
    return before.read_text() if before.exists() else f"DROP ROUTINE IF EXISTS {name} CASCADE;"
