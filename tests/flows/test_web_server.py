"""`manage.py serve` under fire: workers that are killed, slow clients at the sign-in page, a port that is taken."""

import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from types import SimpleNamespace

import psutil
import pytest

from tests.flows.processes import CONFIGURED, ROOT, answers, eventually, free_port, manage
from tests.flows.test_jobs import figures, serving
from tests.ledgersafe.webserver.clients import Server, SlowClients

pytestmark = pytest.mark.xdist_group("flows")
LIVE = "django_http_requests_total_by_view_transport_method_total"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """An environment that configures no server, and data of its own."""
    folder = tmp_path_factory.mktemp("web")
    environment = {name: value for name, value in os.environ.items() if name not in CONFIGURED}
    environment |= {"LEDGERSAFE_DATA_DIR": str(folder), "WEB_WORKERS": "2", "WEB_JOBS": "false"}
    environment |= {"WEB_HEADER_SECONDS": "2", "WEB_BODY_SECONDS": "2"}
    environment["AUDIT_ANCHOR_FILE"] = str(folder / "audit-anchors.jsonl")
    subprocess.run(manage("migrate", "-v0"), cwd=ROOT, env=environment, check=True)
    yield environment
    subprocess.run([*manage()[:1], "-m", "ledgersafe.embedded", "remove"], cwd=ROOT, env=environment, check=False)


@pytest.fixture(scope="module")
def served(environment: dict[str, str]) -> Iterator[SimpleNamespace]:
    """A running server; how long it took to start, by a database that runs already."""
    port = free_port()
    began = time.monotonic()
    with serving(environment, port=port) as process:
        took = time.monotonic() - began
        yield SimpleNamespace(port=port, process=process, started_in=took, server=Server(port, process))


def workers_of(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    workers: list[psutil.Process] = psutil.Process(process.pid).children()
    return workers


def test_killed_workers_are_back_in_a_moment_and_what_was_counted_stays(served: SimpleNamespace) -> None:
    before = sum(figures(served.port, LIVE))
    took = []
    for _ in range(3):
        for worker in workers_of(served.process):
            worker.kill()
        began = time.monotonic()
        assert eventually(lambda: served.server.answers("/admin/login/", seconds=5), 30)
        took.append(time.monotonic() - began)
        for _ in range(10):
            assert served.server.answers("/health")
    # Starting takes at least two interpreters and two imports of everything; a fork takes neither.
    assert min(took) < served.started_in / 4
    assert sum(figures(served.port, LIVE)) - before >= 3 * 11 + 1  # and the scrape before


def test_nothing_is_open_in_the_process_that_forks(served: SimpleNamespace) -> None:
    arbiter = psutil.Process(served.process.pid)
    assert {connection.status for connection in arbiter.net_connections()} == {psutil.CONN_LISTEN}
    assert arbiter.num_threads() == 1


def test_warming_up_is_counted_as_nobodys_request(environment: dict[str, str]) -> None:
    """The server asked itself for /health before it was asked."""
    port = free_port()
    with serving(environment, port=port), urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=30):
        assert figures(port, f'{LIVE}{{method="GET",transport="http",view="ledgersafe.operations.health.live"}}') == [1]


def test_workers_are_replaced_without_a_pause(served: SimpleNamespace) -> None:
    before = {worker.pid for worker in workers_of(served.process)}
    served.process.send_signal(signal.SIGHUP)
    assert eventually(
        lambda: served.server.answers("/ready") and not before & {w.pid for w in workers_of(served.process)}, 40
    )
    assert len(workers_of(served.process)) == 2


@pytest.mark.parametrize("number", [8, 40, 200])
@pytest.mark.parametrize("kind", ["header", "body", "sign-in"])
def test_slow_clients_stop_nobody(served: SimpleNamespace, kind: str, number: int) -> None:
    with SlowClients(served.server, kind, number) as slow:
        for _ in range(20):
            slow.drip()
            assert served.server.answers("/admin/login/")


def test_slow_clients_are_counted(served: SimpleNamespace) -> None:
    before = sum(figures(served.port, "web_refusals_total"))
    with SlowClients(served.server, "sign-in", 3) as slow:
        assert eventually(lambda: len(slow.drip()) >= 3, 20)
    assert all(end.startswith(b"HTTP/1.1 408 ") for end in slow.cut_off)
    assert sum(figures(served.port, "web_refusals_total")) >= before + 3


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])  # noqa: S104
def test_a_port_in_use_is_one_line_and_status_2(
    served: SimpleNamespace, environment: dict[str, str], host: str
) -> None:
    said = subprocess.run(
        manage("serve", "--host", host, "--port", str(served.port)),
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert said.returncode == 2
    assert said.stdout == ""
    (line,) = said.stderr.splitlines()
    start, _, other = line.partition("PORT=")
    assert start == f"Port {served.port} is in use; try `make serve "
    with socket.socket() as free:
        free.bind(("127.0.0.1", int(other.removesuffix("`."))))
    assert answers(served.port)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--host", "192.0.2.1"), "Nobody can listen on 192.0.2.1:"),
        (("--port", "70000"), "no port 70000"),
        (("--host", "no.such.host.invalid"), "no address"),
    ],
)
def test_an_address_nobody_has_is_one_line_too(
    environment: dict[str, str], arguments: tuple[str, ...], words: str
) -> None:
    said = subprocess.run(
        manage("serve", *arguments), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert said.returncode == 2
    assert words in said.stderr
    assert len(said.stderr.splitlines()) == 1
