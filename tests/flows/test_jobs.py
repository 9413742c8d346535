"""Scheduled jobs where nobody installed anything: they run beside the server, and end with it, however it ends."""

import os
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psutil
import pytest

from ledgersafe.jobs.child_process import NO_BROKER
from tests.flows.processes import CONFIGURED, ROOT, answers, eventually, free_port, manage, processes_of

pytestmark = pytest.mark.xdist_group("flows")
SEALED = "from ledgersafe.audit.models import AuditBlock; print(AuditBlock.objects.count())"
SOON = (
    "from django_celery_beat.models import *; i, _ = IntervalSchedule.objects.get_or_create(every=1, period='seconds');"
    "PeriodicTask.objects.filter(task='ledgersafe.tasks.seal_audit_trails').update(interval=i);"
    "PeriodicTasks.update_changed()"
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment that configures no server, and data of its own."""
    folder = tmp_path_factory.mktemp("jobs")
    environment = {name: value for name, value in os.environ.items() if name not in CONFIGURED}
    environment |= {"LEDGERSAFE_DATA_DIR": str(folder), "WEB_WORKERS": "1"}
    # Not the file of the tests of this process: its anchors are those of another database.
    environment["AUDIT_ANCHOR_FILE"] = str(folder / "audit-anchors.jsonl")
    # Here, where nobody waits for an answer meanwhile.
    subprocess.run(manage("migrate", "-v0"), cwd=ROOT, env=environment, check=True)
    yield environment
    subprocess.run([*manage()[:1], "-m", "ledgersafe.embedded", "remove"], cwd=ROOT, env=environment, check=False)


@contextmanager
def serving(environment: dict[str, str], *arguments: str, port: int | None = None) -> Iterator["subprocess.Popen[str]"]:
    """`manage.py serve` that answers; killed at the end if it still runs."""
    port = port or free_port()
    command = manage("serve", "--port", str(port), *arguments)
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert eventually(lambda: answers(port), 90)
        yield server
    finally:
        server.kill()
        server.communicate()


def shell(environment: dict[str, str], code: str) -> str:
    """What a line of Python prints in a process of its own."""
    told = subprocess.run(
        manage("shell", "-v0", "-c", code), cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


def jobs_of(server: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The processes that work on jobs for this server."""
    found = []
    for child in psutil.Process(server.pid).children():
        with suppress(psutil.NoSuchProcess):  # it has just ended
            if "ledgersafe.jobs" in child.cmdline():
                found.append(child)
    return found


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_what_is_scheduled_is_done_beside_the_server_and_nothing_outlives_a_kill(environment: dict[str, str]) -> None:
    with serving(environment) as server:
        (jobs,) = jobs_of(server)
        subprocess.run(manage("create_tenant", "acme"), cwd=ROOT, env=environment, check=True, capture_output=True)
        registered = "from django_celery_beat.models import PeriodicTask as P; print(P.objects.count())"
        assert eventually(lambda: int(shell(environment, registered)) > 0, 60)
        shell(environment, SOON)
        assert eventually(lambda: int(shell(environment, SEALED)) > 0, 60)
        server.send_signal(signal.SIGKILL)
        server.wait()
        assert eventually(lambda: is_gone(jobs), 20)
    assert eventually(lambda: processes_of(environment["LEDGERSAFE_DATA_DIR"]) == [], 30)


def test_ctrl_c_ends_the_jobs_too(environment: dict[str, str]) -> None:
    with serving(environment) as server:
        (jobs,) = jobs_of(server)
        server.send_signal(signal.SIGINT)
        server.wait(30)
        assert eventually(lambda: is_gone(jobs), 20)


def figures(port: int, name: str) -> list[float]:
    """What `/metrics` says of a name, over all its labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        lines = answer.read().decode().splitlines()
    return [float(line.rpartition(" ")[2]) for line in lines if line.startswith((f"{name} ", f"{name}{{"))]


def _kill_jobs_of(server: "subprocess.Popen[str]") -> int:
    """Kill the process once it is there. :returns: its id."""
    assert eventually(lambda: len(jobs_of(server)) == 1, 20)
    (jobs,) = jobs_of(server)
    jobs.kill()
    assert eventually(lambda: is_gone(jobs), 10)
    return int(jobs.pid)


def test_jobs_that_die_are_started_again_and_counted(environment: dict[str, str]) -> None:
    port = free_port()
    with serving(environment, port=port) as server:
        assert eventually(lambda: figures(port, "jobs_process_up") == [1], 10)
        assert figures(port, "jobs_process_restarts_total") == [0]
        first = _kill_jobs_of(server)
        assert eventually(lambda: figures(port, "jobs_process_restarts_total") == [1], 10)
        second = _kill_jobs_of(server)
        assert second != first
        assert eventually(lambda: figures(port, "jobs_process_restarts_total") == [2], 10)
        assert eventually(lambda: figures(port, "jobs_process_up") == [1], 20)
        assert server.poll() is None
        server.terminate()
        server.wait(30)
    assert eventually(lambda: processes_of(environment["LEDGERSAFE_DATA_DIR"]) == [], 30)


@pytest.mark.parametrize("how", [("--no-jobs", {}), ("", {"WEB_JOBS": "0"})], ids=["--no-jobs", "WEB_JOBS=0"])
def test_they_can_be_switched_off(environment: dict[str, str], how: tuple[str, dict[str, str]]) -> None:
    option, variables = how
    with serving(environment | variables, *filter(None, [option])) as server:
        assert jobs_of(server) == []


def test_without_a_queue_the_server_says_so_and_goes_on(environment: dict[str, str]) -> None:
    with serving(environment | {"REDIS_URL": ""}) as server:
        assert jobs_of(server) == []
        server.send_signal(signal.SIGINT)
        told, _ = server.communicate(timeout=30)
    assert NO_BROKER in told


def test_a_demo_that_goes_on_serving_runs_them_too_and_takes_them_along(environment: dict[str, str]) -> None:
    command = manage("demo", "--port", str(free_port()))
    demo = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert eventually(lambda: len(jobs_of(demo)) == 1 or demo.poll() is not None, 120)
        (jobs,) = jobs_of(demo)
    finally:
        demo.kill()
        demo.wait()
    assert eventually(lambda: is_gone(jobs), 20)
    assert eventually(lambda: processes_of(environment["LEDGERSAFE_DATA_DIR"]) == [], 30)
