"""How a process is kept alive: when it is started again, and that nothing is forked while that happens."""

import os
import subprocess
import sys

import pytest

from ledgersafe.jobs import supervisor
from ledgersafe.jobs.supervisor import BackOff, Supervision
from tests.flows.processes import eventually


def test_pauses_double_up_to_a_minute_and_begin_anew_after_a_healthy_one() -> None:
    back_off = BackOff()
    assert [back_off.after(0.5) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert back_off.after(59) == 60
    assert back_off.after(60) == 1
    assert back_off.after(3) == 2


def test_it_goes_on_where_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BackOff, "after", lambda self, lived: 0.01)
    tries: list[int] = []

    def start() -> "subprocess.Popen[bytes]":
        tries.append(1)
        if len(tries) < 3:
            raise BlockingIOError("no process left")
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])

    supervision = Supervision(start)
    supervision.start()
    assert eventually(lambda: supervision._process is not None, 20)
    process = supervision._process
    supervision.end()
    assert process is not None
    assert process.wait(10) != 0
    assert len(tries) == 3


def test_an_end_that_somebody_else_noticed_is_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """gunicorn waits for all children of its process, so that nobody else learns how they ended."""
    monkeypatch.setattr(BackOff, "after", lambda self, lived: 0.01)
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        seconds = 0 if len(started) < 1 else 60
        started.append(subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({seconds})"]))
        if not seconds:
            os.waitpid(started[0].pid, 0)
        return started[-1]

    supervision = Supervision(start)
    supervision.start()
    assert eventually(lambda: len(started) == 2, 20)
    supervision.end()
    started[1].wait(10)


def test_no_process_is_forked_while_the_supervision_is_at_work() -> None:
    """A worker that is forked while a lock of the metrics is held would wait for it for ever."""
    code = (
        "import os, threading, time\n"
        "from ledgersafe.jobs.supervisor import _not_forking\n"
        "held = threading.Event()\n"
        "def work():\n"
        "    with _not_forking: held.set(); time.sleep(0.5)\n"
        "thread = threading.Thread(target=work); thread.start(); held.wait()\n"
        "began = time.monotonic(); pid = os.fork()\n"
        "if not pid:\n"
        "    os._exit(0 if not _not_forking.locked() else 1)\n"
        "took = time.monotonic() - began; status = os.waitpid(pid, 0)[1]\n"
        "print(took > 0.3, status)\n"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert finished.stdout == "True 0\n"
    assert not supervisor._not_forking.locked()
