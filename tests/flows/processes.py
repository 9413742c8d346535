"""Real processes for the flow tests: commands, ports, and who is still alive."""

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from ledgersafe.operations.ports import free_port

__all__ = ["CONFIGURED", "ROOT", "answers", "eventually", "free_port", "manage", "private_environment", "processes_of"]

ROOT = Path(__file__).resolve().parents[2]
CONFIGURED = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DATABASE_AS", "LEDGERSAFE_TEST_RUN")


@contextlib.contextmanager
def private_environment(folder: Path) -> Iterator[dict[str, str]]:
    """An environment that configures no server and keeps its data in `folder`; ends its private servers."""
    environment = {name: value for name, value in os.environ.items() if name not in CONFIGURED}
    environment |= {"LEDGERSAFE_DATA_DIR": str(folder), "WEB_WORKERS": "1"}
    # Not the file of the tests of this process: its anchors are those of another database.
    environment["AUDIT_ANCHOR_FILE"] = str(folder / "audit-anchors.jsonl")
    yield environment
    subprocess.run([sys.executable, "-m", "ledgersafe.embedded", "remove"], cwd=ROOT, env=environment, check=False)


def manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def eventually(what: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if what():
            return True
        time.sleep(0.1)
    return what()


def processes_of(folder: str) -> list[str]:
    """Whatever still runs on behalf of a data folder: servers, supervisors, web workers."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ", "status"]):
        words = " ".join(process.info["cmdline"] or []) + str(
            (process.info["environ"] or {}).get("LEDGERSAFE_DATA_DIR")
        )
        if folder in words and process.pid != os.getpid() and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(words[:200])
    return found
