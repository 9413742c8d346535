"""The demo's web server: a child process that cannot outlive the demo."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from ledgersafe.operations import ports, serving

_START_SECONDS = 60


class ServerDidNotStart(RuntimeError):
    """gunicorn ended, or did not answer in time; the message is its last output."""


@contextlib.contextmanager
def running_server(wanted_port: int) -> Iterator[str]:
    """Serve on the requested port, or a free one; yield the base URL.

    :raises ServerDidNotStart: gunicorn ended, or did not answer.
    """
    port = wanted_port if ports.is_free(wanted_port) else ports.free_port()
    environment = dict(serving.server_environment("127.0.0.1", port))
    log = Path(environment["PROMETHEUS_MULTIPROC_DIR"]).parent / f"server-{port}.log"
    # gunicorn ends when this pipe does: also when the demo is killed and can tell nobody (see deploy/gunicorn.py).
    reading, writing = os.pipe()
    environment["WEB_PARENT_PIPE"] = str(reading)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  our own command
            serving.server_command(),
            cwd=serving.ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            pass_fds=[reading],
            start_new_session=True,
        )
    os.close(reading)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_ready(url, process, log)
        yield url
    finally:
        os.close(writing)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        # Kill all: a worker asked to end while it hands a request to its pool may deadlock.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/ready", timeout=2).status_code == 200:
                return
        time.sleep(0.1)
    raise ServerDidNotStart("\n".join(["The server did not start:", *log.read_text().splitlines()[-10:]]))
