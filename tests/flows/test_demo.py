"""`manage.py demo` and `serve` as a newcomer runs them: real processes, private servers, a folder of their own."""

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.console import ANYTHING, commands_of, is_printed
from tests.flows.processes import ROOT, answers, eventually, free_port, manage, private_environment, processes_of

pytestmark = pytest.mark.xdist_group("flows")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment that configures no server, and data of its own."""
    with private_environment(tmp_path_factory.mktemp("data")) as environment:
        yield environment | {"DEMO_EXIT": "1"}


@pytest.mark.parametrize("run", ["first", "second"])
def test_the_story_comes_out_as_told(environment: dict[str, str], run: str) -> None:
    told = subprocess.run(
        manage("demo", "--port", str(free_port())),
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout + told.stderr
    assert "✗" not in told.stdout
    assert told.stdout.count("✓") == 9
    # As README.md prints it.
    story = next(one for one in commands_of((ROOT / "README.md").read_text()) if one.text == "make demo")
    assert is_printed(ANYTHING.join(story.answer), told.stdout)
    assert told.stderr == ""
    # Its server is gone: no address is printed that nobody answers, but the way back to it.
    assert "http://" not in told.stdout
    assert "make serve" in told.stdout


def test_serve_names_each_step_before_it_begins_and_counts_the_migrations(tmp_path: Path) -> None:
    with (
        private_environment(tmp_path / "data") as environment,
        subprocess.Popen(
            manage("serve", "--port", str(free_port())), cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        ) as server,
    ):
        assert server.stdout is not None
        try:
            lines = [server.stdout.readline()]
            while lines[-1] and not lines[-1].startswith("Back office"):
                lines.append(server.stdout.readline())
        finally:
            server.kill()
    assert lines[0].startswith("Starting the private servers")
    said = "".join(lines)
    for step in ("Postgres (the first time", "Migrating the database: ", "web workers"):
        assert step in said
    total = re.findall(r"Migrating the database: (\d+) steps", said)[0]
    assert f"{total} of {total}" in said


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
