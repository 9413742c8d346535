"""`manage.py demo` and `serve` as a newcomer runs them: real processes, private servers, a folder of their own."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
CONFIGURED = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "DATABASE_AS", "LEDGERSAFE_TEST_RUN")
pytestmark = pytest.mark.xdist_group("flows")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment that configures no server, and data of its own."""
    folder = tmp_path_factory.mktemp("data")
    environment = {name: value for name, value in os.environ.items() if name not in CONFIGURED}
    environment |= {"LEDGERSAFE_DATA_DIR": str(folder), "DEMO_EXIT": "1", "WEB_WORKERS": "1"}
    # Not the file of the tests of this process: its anchors are those of another database.
    environment["AUDIT_ANCHOR_FILE"] = str(folder / "audit-anchors.jsonl")
    yield environment
    subprocess.run([sys.executable, "-m", "ledgersafe.embedded", "remove"], cwd=ROOT, env=environment, check=False)


def manage(*arguments: str) -> list[str]:
    return [sys.executable, "manage.py", *arguments]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


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


@pytest.mark.parametrize("run", ["first", "second"])
def test_the_story_comes_out_as_told(environment: dict[str, str], run: str) -> None:
    told = subprocess.run(
        manage("demo", "--port", str(free_port())),
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    assert "✗" not in told.stdout
    assert told.stdout.count("✓") == 9
    assert told.stderr == ""


def test_commands_work_beside_a_running_server_and_nothing_is_left(environment: dict[str, str]) -> None:
    port = free_port()
    server = subprocess.Popen(
        manage("serve", "--port", str(port)), cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        assert eventually(lambda: answers(port), 60)
        beside = subprocess.run(
            manage("create_tenant", f"beside-{port}"), cwd=ROOT, env=environment, capture_output=True, check=False
        )
        assert beside.returncode == 0
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)
    assert not answers(port)
    assert eventually(lambda: processes_of(environment["LEDGERSAFE_DATA_DIR"]) == [], 20)


def test_a_killed_demo_leaves_nothing_running(environment: dict[str, str]) -> None:
    port = free_port()
    lasting = {name: value for name, value in environment.items() if name != "DEMO_EXIT"}
    demo = subprocess.Popen(
        manage("demo", "--port", str(port)), cwd=ROOT, env=lasting, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert eventually(lambda: answers(port), 60)
    demo.kill()
    demo.wait()
    assert eventually(lambda: not answers(port), 20)
    assert eventually(lambda: processes_of(environment["LEDGERSAFE_DATA_DIR"]) == [], 30)
