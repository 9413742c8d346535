"""Each SQL function has one source, which is what runs; the one that changes keeps what stood before."""

import re
import subprocess
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from ledgersafe.postgres.catalog import app_folders, declared, triggers_of
from ledgersafe.postgres.functions import replace_functions
from ledgersafe.postgres.rework import BadMigrationName, UnknownFunction, rework_functions
from ledgersafe.postgres.trigger_list import describe_triggers

ROOT: Final = Path(settings.BASE_DIR)
SOURCES: Final = [path for pattern in ("*/sql/*.sql", "*/*/sql/*.sql") for path in ROOT.glob(pattern)]
SOURCES[:] = [path for path in SOURCES if path.parent.parent.name != "migrations" and ".venv" not in path.parts]
APPS: Final = [path for path in app_folders() if (path / "sql").is_dir()]
_CREATES: Final = re.compile(r"CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) (\w+)")
_OURS: Final = """
SELECT f.proname, f.prosrc
FROM pg_proc f JOIN pg_class t ON t.oid = to_regclass('public.tenants') AND t.relowner = f.proowner
WHERE f.pronamespace = 'public'::regnamespace AND f.prokind IN ('f', 'p')
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e')
"""


# ── One source ──────────────────────────────────────────────────────────────────────────────────
def test_each_function_stands_once_in_the_file_of_its_name() -> None:
    created = Counter(name for path in SOURCES for name in _CREATES.findall(path.read_text()))
    assert {name for name, times in created.items() if times > 1} == set()
    assert sorted(created) == sorted(path.stem for path in SOURCES)


def test_the_database_has_what_the_files_say_and_nothing_else(books: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OURS)
        functions = dict(cursor.fetchall())
    assert len(functions) > 100
    assert functions == declared().functions


def test_each_file_introduces_its_function() -> None:
    """What it takes, what it answers, what it locks, who calls it: above the text that runs."""
    silent = [path.name for path in SOURCES if not path.read_text().startswith("-- ")]
    assert silent == []


def test_what_was_replaced_is_a_function_that_is_there_or_was_dropped() -> None:
    names = {path.stem for path in SOURCES}
    replaced = [*ROOT.glob("*/migrations/replaced/*/*.sql"), *ROOT.glob("*/*/migrations/replaced/*/*.sql")]
    dropped = {
        name
        for path in ROOT.glob("**/migrations/0*.py")
        if ".venv" not in path.parts
        for name in re.findall(r"DROP (?:FUNCTION|PROCEDURE|ROUTINE) (?:IF EXISTS )?(\w+)", path.read_text())
    }
    assert {path.stem for path in replaced} <= names | dropped
    for path in replaced:
        number, migrations = path.parent.name, path.parents[2]
        (migration,) = migrations.glob(f"{number}_*.py")
        assert f'"{path.stem}"' in migration.read_text(), path


@pytest.mark.parametrize(
    "folder", [path for path in app_folders() if (path / "sql").is_dir()], ids=lambda path: path.name
)
def test_the_list_of_an_apps_triggers_is_current(folder: Path) -> None:
    assert (folder / "sql/triggers.md").read_text() == describe_triggers(folder)


def test_every_trigger_is_in_one_of_the_lists() -> None:
    listed = [trigger for folder in app_folders() for trigger in triggers_of(folder)]
    assert {(trigger.table, trigger.name) for trigger in listed} == set(declared().triggers)


# ── There and back ──────────────────────────────────────────────────────────────────────────────
class App:
    """An app in a folder of its own: function `ledgersafe_try_v1`, which migration 0003 created and others replaced."""

    def __init__(self, folder: Path) -> None:
        self.migrations = folder / "migrations"
        self.source = folder / "sql" / "ledgersafe_try_v1.sql"
        self.source.parent.mkdir(parents=True)
        self.source.write_text(self.text(3))
        for number, before in (("0005", 1), ("0008", 2)):
            path = self.migrations / "replaced" / number / self.source.name
            path.parent.mkdir(parents=True)
            path.write_text(self.text(before))

    @staticmethod
    def text(answer: int) -> str:
        return (
            "CREATE OR REPLACE FUNCTION ledgersafe_try_v1() RETURNS integer LANGUAGE sql AS "
            f"$$ SELECT {answer} /* 100 % */ $$;\n"
        )

    def operation(self, number: str) -> Any:
        return replace_functions(str(self.migrations / f"{number}_try.py"), "ledgersafe_try_v1")


def definition(raw: psycopg.Connection[Any]) -> str | None:
    row = raw.execute("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = 'ledgersafe_try_v1'").fetchone()
    return row[0] if row else None


def test_a_chain_of_changes_goes_forward_and_back_exactly(as_owner: psycopg.Connection[Any], tmp_path: Path) -> None:
    app = App(tmp_path)
    steps = [app.operation(number) for number in ("0003", "0005", "0008")]
    seen: list[str | None] = [definition(as_owner)]
    for step in steps:
        as_owner.execute(step.sql.encode())
        seen.append(definition(as_owner))
    assert seen[0] is None
    assert [text.split("SELECT ")[1][0] for text in seen[1:] if text] == ["1", "2", "3"]
    for step, before in zip(reversed(steps), reversed(seen[:-1]), strict=True):
        as_owner.execute(step.reverse_sql.encode())
        assert definition(as_owner) == before
    for step, after in zip(steps, seen[1:], strict=True):
        as_owner.execute(step.sql.encode())
        assert definition(as_owner) == after


def test_a_function_without_a_source_is_refused_when_the_migration_is_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"sql/no_such_v1\.sql"):
        replace_functions(str(tmp_path / "migrations/0002_try.py"), "no_such_v1")


# ── The command ─────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A committed app of one function, whose file somebody has begun to edit."""
    folder = tmp_path / "till"
    (folder / "sql").mkdir(parents=True)
    (folder / "migrations").mkdir()
    (folder / "migrations/0001_baseline.py").write_text("")
    (folder / "migrations/0004_more.py").write_text("")
    source = folder / "sql/till_try_v1.sql"
    source.write_text(App.text(1))
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    source.write_text(App.text(2))
    return folder


def test_the_committed_text_is_kept_and_a_migration_written(app: Path) -> None:
    work = rework_functions(app, label="till", parent="0004_more", names=["till_try_v1"], name="faster")
    assert work.migration == app / "migrations/0005_faster.py"
    assert work.kept == (app / "migrations/replaced/0005/till_try_v1.sql",)
    assert work.kept[0].read_text() == App.text(1)
    assert work.sources[0].read_text() == App.text(2), "what was being edited is left alone"
    migration = work.migration.read_text()
    assert 'dependencies = [("till", "0004_more")]' in migration
    assert 'replace_functions(__file__, "till_try_v1")' in migration
    compile(migration, "0005_faster.py", "exec")


def test_a_new_function_has_nothing_to_keep(app: Path) -> None:
    (app / "sql/till_new_v1.sql").write_text(App.text(1))
    with pytest.raises(UnknownFunction, match="--new"):
        rework_functions(app, label="till", parent="0004_more", names=["till_new_v1"], name="more")
    work = rework_functions(app, label="till", parent="0004_more", names=["till_new_v1"], name="more", create=True)
    assert work.kept == ()
    assert work.migration.read_text().startswith('"""Create till_new_v1."""')


@pytest.mark.parametrize(
    ("names", "name", "refusal"),
    [(["no_such_v1"], "faster", UnknownFunction), (["till_try_v1"], "Faster gate", BadMigrationName)],
)
def test_what_cannot_be_is_refused_and_nothing_written(
    app: Path, names: list[str], name: str, refusal: type[Exception]
) -> None:
    before = sorted(app.rglob("*"))
    with pytest.raises(refusal):
        rework_functions(app, label="till", parent="0004_more", names=names, name=name)
    assert sorted(app.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "x_v1"], "There is no app 'nowhere'."),
        (["auth", "x_v1"], "The app 'auth' has no SQL functions."),
        (["pos", "no_such_v1"], "There is no pos/sql/no_such_v1.sql."),
    ],
)
def test_the_command_refuses_in_one_line_with_status_2(books: None, arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("rework_sql", *arguments, name="try_it", stdout=StringIO())
    assert (str(refused.value), refused.value.returncode) == (message, 2)
