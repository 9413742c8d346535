from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError, CommandParser
from django.db.migrations.loader import MigrationLoader

from ledgersafe.commands import LedgerCommand
from ledgersafe.postgres.rework import rework_functions


class Command(LedgerCommand):
    help = "Start the change of SQL functions: keep the text that stands and write the migration that replaces it."
    examples = """  manage.py rework_sql pos pos_take_many_v1 --name faster_gate
      keeps the committed text in pos/migrations/replaced/NNNN/, writes pos/migrations/NNNN_faster_gate.py,
      and leaves pos/sql/pos_take_many_v1.sql to be edited
  manage.py rework_sql pos pos_take_more_v1 --new --name take_more
      for a function whose file you have just written

The function's name gets a new _vN when its arguments, its answer or its meaning change for a caller: an old process
must go on working while a new one starts. A faster body of the same function edits the file."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("app", help="the app's label, like pos")
        parser.add_argument("functions", nargs="+", metavar="function", help="a file in <app>/sql/, without .sql")
        parser.add_argument("--name", required=True, help="of the migration, without its number, like faster_gate")
        parser.add_argument("--new", action="store_true", help="the functions are new: nothing stood before")

    def handle(self, *args: Any, **options: Any) -> None:
        """:raises CommandError: no such app, with exit code 2."""
        label = options["app"]
        try:
            folder = Path(apps.get_app_config(label).path)
        except LookupError as error:
            raise CommandError(f"There is no app {label!r}.", returncode=2) from error
        leaves = [name for app, name in MigrationLoader(None).graph.leaf_nodes(label) if app == label]
        if not leaves or not (folder / "sql").is_dir():
            raise CommandError(f"The app {label!r} has no SQL functions.", returncode=2)
        work = rework_functions(
            folder,
            label=label,
            parent=leaves[0],
            names=options["functions"],
            name=options["name"],
            create=options["new"],
        )
        here = Path.cwd()
        for path in work.kept:
            self.stdout.write(f"kept      {_short(path, here)}")
        self.stdout.write(f"written   {_short(work.migration, here)}")
        for path in work.sources:
            self.stdout.write(f"now edit  {_short(path, here)}")
        self.stdout.write("then run  manage.py migrate, and the tests of guards and invariants")


def _short(path: Path, here: Path) -> Path:
    """From the current folder, where that is shorter."""
    return path.relative_to(here) if path.is_relative_to(here) else path
