"""The commands of README.md and the guides, run in their order, in one shell, with one key, against a real server."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.console import Command, commands_of, is_printed
from tests.flows.processes import ROOT, answers, eventually, free_port, manage, private_environment

#: In this order; a guide may use what an earlier one left behind.
GUIDES = ("keep-the-books", "run-a-drawer", "returns", "devices", "what-was-sold", "work-the-queue", "operate")
PAGES = ("README.md", *(f"docs/guides/{name}.md" for name in GUIDES))
#: Commands that cannot run beside the server of this test, and where they run instead.
ELSEWHERE = {
    "make demo": "tests/flows/test_demo.py",
    "make test": ".ci/run",
    ".venv/bin/python manage.py simulate_day": "tests/flows/test_simulate_day.py",
    "docker compose": "tests/test_structure.py",
}
#: Each request must be answered with success, and a command that fails ends the shell with its name.
PREAMBLE = """
set -eo pipefail
curl() { command curl --fail-with-body --show-error "$@" || { echo "curl failed: $*" >&2; exit 1; }; }
"""
MARK = "\x1e"
pytestmark = pytest.mark.xdist_group("flows")


def is_run_here(command: Command) -> bool:
    return not command.text.startswith(tuple(ELSEWHERE))


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with private_environment(tmp_path_factory.mktemp("data")) as environment:
        yield environment | {
            "DJANGO_SUPERUSER_USERNAME": "root",
            "DJANGO_SUPERUSER_EMAIL": "",
            "DJANGO_SUPERUSER_PASSWORD": "x7-Quay-Lantern",
        }


def script_of(commands: list[Command], port: int) -> str:
    """A script that marks where the output of each command begins."""
    script = "\n".join(f"echo '{MARK}{number}'\n{command.text}" for number, command in enumerate(commands))
    for printed, meant in (
        (".venv/bin/python manage.py", f"{sys.executable} {ROOT / 'manage.py'}"),
        ("127.0.0.1:8000", f"127.0.0.1:{port}"),
        ("createsuperuser", "createsuperuser --noinput"),
    ):
        script = script.replace(printed, meant)
    return PREAMBLE + script


def test_every_guide_has_its_place_in_the_order() -> None:
    assert {path.stem for path in (ROOT / "docs/guides").glob("*.md")} == set(GUIDES)
    assert [path for path in ELSEWHERE.values() if not (ROOT / path).exists()] == []


def test_the_commands_of_the_documents_run_in_order_with_one_key(environment: dict[str, str], tmp_path: Path) -> None:
    commands = [command for page in PAGES for command in commands_of((ROOT / page).read_text()) if is_run_here(command)]
    assert len(commands) > 60
    assert commands.pop(0).text.startswith("make serve &")
    port = free_port()
    with subprocess.Popen(manage("serve", "--port", str(port)), cwd=ROOT, env=environment) as server:
        try:
            assert eventually(lambda: answers(port), 60)
            ran = subprocess.run(
                ["bash", "-c", script_of(commands, port)],
                cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
        finally:
            server.terminate()
    outputs = [output for _, output in re.findall(rf"{MARK}(\d+)\n([^{MARK}]*)", ran.stdout)]
    last = commands[len(outputs) - 1].text
    assert ran.returncode == 0, f"{last}\n{ran.stdout[-800:]}\n{ran.stderr[-1500:]}"
    for command, output in zip(commands, outputs, strict=True):
        for line in command.answer:
            assert is_printed(line, output), f"{command.text}\nprinted: {line}\nanswered: {output}"
    packs = [path.read_text() for path in tmp_path.glob("*trial-balance.csv")]
    assert len(packs) == 2
    assert all("RENT:USD" in pack or "SALES:USD" in pack for pack in packs)
    assert "<html" in (tmp_path / "z.html").read_text()
