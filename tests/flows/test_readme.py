"""The commands of README.md, run in their order, in one shell, with one key, against a real server."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.processes import ROOT, answers, eventually, free_port, manage, private_environment

README = (ROOT / "README.md").read_text()
#: What a newcomer types after `make demo` and `make test`; a simulated day has a test of its own.
CHAPTERS = README[README.index("## First steps of your own") : README.index("## Simulate a day")]
#: Each request must be answered with success, and a command that fails ends the shell with its name.
PREAMBLE = """
set -eo pipefail
curl() { command curl --fail-with-body --show-error "$@" || { echo "curl failed: $*" >&2; exit 1; }; }
"""
pytestmark = pytest.mark.xdist_group("flows")


def commands_of(text: str) -> list[str]:
    """Commands of the console blocks: from `$ ` to the end of their quotes and continued lines; answers left out."""
    commands: list[str] = []
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        is_open = False
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append(line.removeprefix("$ "))
            elif is_open:
                commands[-1] += f"\n{line}"
            is_open = commands[-1].endswith("\\") or commands[-1].count("'") % 2 == 1
    return commands


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with private_environment(tmp_path_factory.mktemp("data")) as environment:
        yield environment | {
            "DJANGO_SUPERUSER_USERNAME": "root",
            "DJANGO_SUPERUSER_EMAIL": "",
            "DJANGO_SUPERUSER_PASSWORD": "x7-Quay-Lantern",
        }


def test_the_commands_of_the_readme_run_in_order_with_one_key(environment: dict[str, str], tmp_path: Path) -> None:
    commands = commands_of(CHAPTERS)
    assert len(commands) > 30
    assert commands.pop(0).startswith("make serve &")
    port = free_port()
    with subprocess.Popen(manage("serve", "--port", str(port)), cwd=ROOT, env=environment) as server:
        try:
            assert eventually(lambda: answers(port), 60)
            script = "\n".join(f"echo 'README {number}' >&2\n{command}" for number, command in enumerate(commands))
            script = script.replace(".venv/bin/python manage.py", f"{sys.executable} {ROOT / 'manage.py'}")
            script = script.replace("127.0.0.1:8000", f"127.0.0.1:{port}").replace(
                "createsuperuser", "createsuperuser --noinput"
            )
            ran = subprocess.run(
                ["bash", "-c", PREAMBLE + script],
                cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
        finally:
            server.terminate()
    last = re.findall(r"README (\d+)", ran.stderr)[-1]
    assert ran.returncode == 0, f"{commands[int(last)]}\n{ran.stdout[-800:]}\n{ran.stderr[-1500:]}"
    packs = [path.read_text() for path in tmp_path.glob("*trial-balance.csv")]
    assert len(packs) == 2
    assert all("RENT:USD" in pack or "SALES:USD" in pack for pack in packs)
    assert "<html" in (tmp_path / "z.html").read_text()
