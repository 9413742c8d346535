"""Print the tests of the rooms a change touches: `python -m tests.changed --base main`, used by `make test-changed`.

A room's tests stand in the folder of its name. Beside them come the tests that import a changed module by name, those
that stand in a changed file themselves, and, where tables or functions change, the guards and invariants. It is a quick
look while one works; what is to land runs all tests.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
#: Always: they hold the shape of the tree and of its documents.
_ALWAYS: Final = ("tests/test_structure.py",)
_ALL: Final = "tests"
#: A change to one of these concerns every test.
_EVERYWHERE: Final = ("requirements.txt", "tests/requirements.txt", "tests/conftest.py", "ledgersafe/settings.py")
_TABLES: Final = re.compile(r"/(migrations|sql|models)/|/models\.py$")
_TEMPLATES: Final = re.compile(r"^(templates|ledgersafe/static)/(\w+)")


def choose_tests(changed: Iterable[str], tests: dict[str, str]) -> list[str]:
    """Choose tests by the paths of changed files. Pure.

    :param changed: paths from the root of the checkout. :param tests: the text of each test file and of each helper in
        `tests/`, by path.
    :returns: folders and files for pytest, sorted; `tests` alone when everything is concerned.
    """
    paths = sorted(set(changed))
    if any(path in _EVERYWHERE for path in paths):
        return [_ALL]
    chosen = set(_ALWAYS)
    for path in paths:
        if path.startswith("tests/"):
            chosen |= _of_test(path, tests)
        elif _TEMPLATES.match(path):
            chosen |= {name for name in tests if "/backoffice/" in name or "/desk/" in name}
        elif path.endswith((".py", ".sql")):
            chosen |= _of_room(path, tests) | _importers(path, tests)
        elif path.endswith(".md"):
            chosen |= {name for name in tests if name.startswith("tests/test_documents") or "test_readme" in name}
    return sorted(_without_nested(chosen))


def _of_test(path: str, tests: dict[str, str]) -> set[str]:
    """The test file itself, or the tests that use a helper."""
    if Path(path).name.startswith("test_"):
        return {path} if path in tests else set()
    return _importers(path, tests)


def _of_room(path: str, tests: dict[str, str]) -> set[str]:
    """The folder of tests that mirrors the room, or its nearest one above; guards and invariants of tables."""
    folders = {str(Path(name).parent) for name in tests}
    room = Path("tests") / Path(path).parent
    while room != Path("tests") and str(room) not in folders:
        room = room.parent
    chosen = {str(room)} if room != Path("tests") else set()
    if _TABLES.search(f"/{path}"):
        chosen |= {"tests/guards", "tests/invariants"}
    return chosen


def _importers(path: str, tests: dict[str, str]) -> set[str]:
    """Test files that import the module, or a name from it; those of a helper's users for a helper that does."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    package, _, name = module.rpartition(".")
    imports = re.compile(
        rf"^\s*(from {re.escape(module)} import|import {re.escape(module)}\b"
        rf"|from {re.escape(package)} import [^\n]*\b{re.escape(name)}\b)",
        re.MULTILINE,
    )
    found = {other for other, text in tests.items() if other != path and imports.search(text)}
    helpers = {other for other in found if not Path(other).name.startswith("test_")}
    return (found - helpers).union(*(_importers(helper, tests) for helper in helpers if helper != "tests/conftest.py"))


def _without_nested(chosen: set[str]) -> set[str]:
    """Leave out what a chosen folder holds already."""
    return {path for path in chosen if not any(str(parent) in chosen for parent in Path(path).parents)}


def changed_since(base: str) -> list[str]:
    """Paths that differ from the common ancestor with `base`, whether committed, staged or new.

    :raises subprocess.CalledProcessError: git knows no such commit.
    """
    ancestor = _git("merge-base", base, "HEAD").strip()
    return [*_git("diff", "--name-only", ancestor).split(), *_git("ls-files", "-o", "--exclude-standard").split()]


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def main() -> int:
    """Print one path per line. :returns: 2 when the base is not known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="main", help="the commit or branch the change starts from (default: main)")
    base = parser.parse_args().base
    tests = {str(path.relative_to(ROOT)): path.read_text() for path in (ROOT / "tests").rglob("*.py")}
    try:
        changed = changed_since(base)
    except subprocess.CalledProcessError as error:
        print(f"git does not know {base!r}: {error.stderr.strip()}", file=sys.stderr)
        return 2
    print(*choose_tests(changed, tests), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
