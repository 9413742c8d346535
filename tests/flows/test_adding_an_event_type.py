"""The recipe docs/adding/event-type.md, followed in copies of the checkout: its files are enough, each is needed."""

import filecmp
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

ROOT = Path(settings.BASE_DIR)
RECIPE = ROOT / "docs/adding/event-type.md"
APPS = ("ledgersafe", "pos", "ledger", "exceptions", "recon")
PARTS = (*APPS, "templates", "tests", "docs", "manage.py", "pyproject.toml")
TYPES, RULE, RULES = "ledgersafe/tenants/event_types.py", "pos/rules/cash.py", "pos/rules/decide.py"
VECTORS, DOCUMENT = "tests/vectors/event_types.json", "docs/event-types.md"

ROW = """
    EventType("CASH_FOUND", "Cash found beside the drawer, and put into it.", "Cash found", Group.CASH, "CORRECTION"),
"""
FUNCTION = '''
def draft_cash_found(event: Event, _: Rates = NO_RATES) -> JournalDraft | Hold:
    """Draft a CASH_FOUND: into the drawer, as over/short."""
    return _cash_move(event, drawer_of(event), account_of("OVER_SHORT", event.currency))


'''
VECTOR = {
    "event": {"total_amount": 3},
    "posts": {"DRAWER:store-1/till-1:USD": 300, "OVER-SHORT:USD": -300},
    "figures": {"sign": 1, "cash_minor": 300},
}
#: Before this text, of the file, goes that one.
INSERTIONS = {
    TYPES: (")\n\n#: Names in the order", ROW[1:]),
    RULE: ("def draft_no_sale(", FUNCTION[1:]),
    RULES: ('    "NO_SALE": cash.', '    "CASH_FOUND": cash.draft_cash_found,\n'),
}

#: The second check of the recipe, on the database of this run: a pytest of its own would migrate another one.
ON_THE_WHOLE_WAY = """
from dataclasses import replace
import django
import pytest
django.setup()
from tests.books import assert_books_clean
from tests.conftest import open_shop
from tests.pos.intake import test_event_types as checks
from ledgersafe.tenants.event_types import BY_NAME
shop = open_shop()
checks.test_a_type_is_posted_and_listed(shop, BY_NAME["CASH_FOUND"])
checks.test_the_database_calls_its_cash_what_the_table_says(None, BY_NAME["CASH_FOUND"])
assert_books_clean(shop.tenant.id)
# Another flow is not a matter of the table alone.
with pytest.raises(AssertionError):
    checks.test_the_database_calls_its_cash_what_the_table_says(None, replace(BY_NAME["CASH_FOUND"], flow="CASH_IN"))
"""


class Copy:
    """A copy of the checkout, in which files are replaced and never written in place: copies share their files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def replace(self, name: str, text: str) -> None:
        path = self.folder / name
        path.unlink()
        path.write_text(text)

    def follow_the_recipe(self, leave_out: str = "", document: str = "") -> None:
        for name, (before, text) in INSERTIONS.items():
            if name != leave_out:
                old = (self.folder / name).read_text()
                assert old.count(before) == 1, (name, before)
                self.replace(name, old.replace(before, text + before))
        if leave_out != VECTORS:
            vectors = json.loads((self.folder / VECTORS).read_text()) | {"CASH_FOUND": VECTOR}
            self.replace(VECTORS, json.dumps(vectors))
        if leave_out != DOCUMENT:
            self.replace(DOCUMENT, document or self.run("manage.py", "event_types").stdout)

    def run(self, *command: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return subprocess.run(
            [sys.executable, *command], cwd=self.folder, env=environment | variables, capture_output=True, text=True,
            check=False,
        )  # fmt: skip

    def check(self) -> "subprocess.CompletedProcess[str]":
        """The first check of the recipe, which needs no database."""
        file = "tests/ledgersafe/tenants/test_event_types.py"
        return self.run("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", file)

    def changed(self) -> set[str]:
        """Every file that is not as in the checkout, or not there."""
        paths = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return {
            str(path)
            for path in paths
            if path.suffix != ".pyc"
            if not ((ROOT / path).exists() and filecmp.cmp(ROOT / path, self.folder / path, shallow=False))
        }


def copies(folder: Path, number: int) -> Iterable[Copy]:
    """As many copies; all but the first are links to its files."""
    first = folder / "0"
    first.mkdir()
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, first / part, ignore=shutil.ignore_patterns("images"))
        else:
            shutil.copy2(ROOT / part, first / part)
    yield Copy(first)
    for at in range(1, number):
        yield Copy(Path(shutil.copytree(first, folder / str(at), copy_function=os.link)))


def files_of_the_recipe() -> list[str]:
    """The file of every numbered step."""
    return re.findall(r"^\d\. `([\w/.-]+)`", RECIPE.read_text(), re.MULTILINE)


@pytest.fixture
def database(books: None) -> dict[str, str]:
    """Variables of a process on the database of this run, as the application role."""
    url = urlsplit(os.environ["DATABASE_URL"])
    name = str(connection.settings_dict["NAME"])
    return {
        "DATABASE_URL": urlunsplit(url._replace(path=f"/{name}")),
        "DATABASE_AS": "app",
        "DJANGO_SETTINGS_MODULE": "ledgersafe.settings",
    }


def test_the_files_of_the_recipe_are_enough_and_each_is_needed(database: dict[str, str], tmp_path: Path) -> None:
    steps = files_of_the_recipe()
    assert steps == [TYPES, RULE, RULES, VECTORS, DOCUMENT]
    whole, *others = copies(tmp_path, 1 + len(steps))
    whole.follow_the_recipe()
    for copy, step in zip(others, steps, strict=True):
        copy.follow_the_recipe(leave_out=step, document=(whole.folder / DOCUMENT).read_text())
    with ThreadPoolExecutor(2) as pool:
        checked, *unfinished = pool.map(Copy.check, (whole, *others))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert whole.changed() == set(steps)
    sent = whole.run("-c", ON_THE_WHOLE_WAY, **database)
    assert sent.returncode == 0, sent.stderr
    for step, result in zip(steps, unfinished, strict=True):
        assert result.returncode != 0, f"{step} was left out, and nothing said so."
