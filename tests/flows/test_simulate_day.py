"""`manage.py simulate_day` as a newcomer runs it: a small chain, real processes, private servers."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.flows.processes import ROOT, answers, free_port, manage
from tests.flows.test_demo import environment

__all__ = ["environment"]
pytestmark = pytest.mark.xdist_group("flows")


def simulate(environment: dict[str, str], *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        manage("simulate_day", *options),
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


def test_a_day_and_the_same_day_shuffled_and_doubled_end_in_the_same_books(environment: dict[str, str]) -> None:
    port = free_port()
    told = simulate(environment, "--stores", "2", "--registers", "2", "--sales", "40", "--port", str(port))
    assert told.returncode == 0, told.stdout + told.stderr
    assert "✗" not in told.stdout
    assert told.stdout.count("✓") == 2 * 14 + 1
    assert len(hashes := re.findall(r"^[0-9a-f]{64}", told.stdout, re.MULTILINE)) == 2
    assert len(set(hashes)) == 1
    assert not answers(port)


def test_it_refuses_a_chain_without_stores_in_one_line(environment: dict[str, str]) -> None:
    told = simulate(environment, "--stores", "0")
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.strip() == "CommandError: --stores is 1 to 500, not 0."


def test_its_help_has_examples() -> None:
    told = subprocess.run(manage("simulate_day", "--help"), cwd=Path(ROOT), capture_output=True, text=True, check=True)
    assert "manage.py simulate_day --stores 3 --sales 50" in told.stdout
