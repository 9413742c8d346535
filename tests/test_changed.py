"""`make test-changed`: which tests a change asks for."""

import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.changed import ROOT, choose_tests

TESTS = {
    "tests/test_structure.py": "",
    "tests/conftest.py": "from ledgersafe import setup",
    "tests/pos/rules/test_sale.py": "from pos.rules import decide_posting",
    "tests/pos/intake/test_gate.py": "from pos.intake import gate\nfrom tests.scenes.till import look",
    "tests/pos/api/test_events.py": "from pos.intake.receive import receive_event",
    "tests/ledger/api/test_drawers.py": "import ledger.drawers.drawer",
    "tests/ledger/backoffice/test_books.py": "",
    "tests/exceptions/desk/test_review.py": "",
    "tests/scenes/till.py": "from pos.intake import receive",
    "tests/guards/test_rows.py": "",
    "tests/invariants/test_till.py": "",
    "tests/flows/test_readme.py": "",
}
STRUCTURE = "tests/test_structure.py"


@pytest.mark.parametrize(
    ("changed", "chosen"),
    [
        ([], []),
        (["pos/rules/sale.py"], ["tests/pos/rules"]),
        (["pos/intake/gate.py"], ["tests/pos/intake"]),
        # Whoever imports the module, also by way of a helper.
        (["pos/intake/receive.py"], ["tests/pos/api/test_events.py", "tests/pos/intake"]),
        # A room without tests of its own: those of the app, which hold them all.
        (["ledger/drawers/drawer.py"], ["tests/ledger"]),
        (["tests/scenes/till.py"], ["tests/pos/intake/test_gate.py"]),
        (["tests/pos/rules/test_sale.py"], ["tests/pos/rules/test_sale.py"]),
        (["tests/pos/rules/test_gone.py"], []),
        (["pos/sql/pos_take_key_v1.sql"], ["tests/guards", "tests/invariants", "tests/pos"]),
        (["pos/models/sales.py"], ["tests/guards", "tests/invariants", "tests/pos"]),
        (
            ["templates/exceptions/review.html"],
            ["tests/exceptions/desk/test_review.py", "tests/ledger/backoffice/test_books.py"],
        ),
        (["README.md"], ["tests/flows/test_readme.py"]),
    ],
)
def test_a_change_asks_for_the_tests_of_its_rooms(changed: Sequence[str], chosen: list[str]) -> None:
    tests = TESTS | {"tests/pos/test_map.py": "", "tests/ledger/test_map.py": ""}
    assert choose_tests(changed, tests) == sorted([*chosen, STRUCTURE])


@pytest.mark.parametrize("path", ["requirements.txt", "tests/conftest.py", "ledgersafe/settings.py"])
def test_what_concerns_every_test_asks_for_all(path: str) -> None:
    assert choose_tests([path, "pos/rules/sale.py"], TESTS) == ["tests"]


def test_it_prints_paths_that_exist() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.changed", "--base", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = ran.stdout.split()
    assert STRUCTURE in paths or paths == ["tests"]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_an_unknown_base_is_one_line_and_status_2() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.changed", "--base", "nowhere"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("git does not know 'nowhere': ")
    assert ran.stderr.count("\n") == 1
