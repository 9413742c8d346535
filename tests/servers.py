"""Early pytest plugin: the private Postgres must run before pytest-django reads the settings.

Tests create their own databases, so the process logs in as the owner; each connection then acts as the application
role (see `conftest.books`), or row-level guarantees and privileges would not be tested at all.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from ledgersafe import embedded

_ANCHORS: Final = Path(tempfile.gettempdir()) / f"ledgersafe-anchors-{os.getuid()}"


def is_alive(pid: int) -> bool:
    """Whether this machine has a process of this number, of whomever."""
    with suppress(ProcessLookupError):
        with suppress(PermissionError):
            os.kill(pid, 0)
        return True
    return False


def _anchor_folder() -> Path:
    """A folder of this process; those of processes that were killed are removed."""
    _ANCHORS.mkdir(mode=0o700, exist_ok=True)
    for other in _ANCHORS.iterdir():
        if not (other.name.isdigit() and is_alive(int(other.name))):
            shutil.rmtree(other, ignore_errors=True)
    folder = _ANCHORS / str(os.getpid())
    folder.mkdir(exist_ok=True)
    return folder


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(_ANCHORS / str(os.getpid()), ignore_errors=True)


embedded.ensure_servers(purpose="test")
os.environ["DATABASE_AS"] = "owner"
# A developer's real anchors are none of the tests' business: a tenant of the same id would fail I30.
os.environ["AUDIT_ANCHOR_FILE"] = str(_anchor_folder() / "audit-anchors.jsonl")
# Two runs at a time, of one person or of CI beside a person, have databases of their own.
os.environ.setdefault("LEDGERSAFE_TEST_RUN", str(os.getpid()))
