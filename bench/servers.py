"""Web servers of the run: the product's own gunicorn with the contestants' endpoints, on a database of ours."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

from bench import ROOT, databases
from bench.load import Connection, UnexpectedAnswer

START_TIMEOUT_SECONDS = 60.0
#: As ledgersafe.embedded.servers.process does: whoever holds the other end of the pipe is gone, so we go.
_LIFELINE = 'exec 3<&0 </dev/null; { read -r word <&3 || kill -TERM $$; } & exec 3<&-; exec "$@"'
_WORKER_REQUEST = b"GET /v1/bench/worker HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer none\r\n\r\n"
_METRICS_REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


def prepare(database: str, tenants: int) -> dict[str, str]:
    """Create and migrate a database. :returns: an API key by tenant."""
    databases.create(database)
    environment = environment_of(database)
    manage = [sys.executable, str(ROOT / "manage.py"), "migrate", "--no-input", "-v0"]
    subprocess.run(manage, cwd=ROOT, env=owner_of(database), check=True)
    keys: dict[str, str] = ask_program(environment, "bench.tenants", str(tenants))
    return keys


def ask_program(environment: Mapping[str, str], module: str, *arguments: str) -> Any:
    """Run one of our modules as a program of its own. :returns: the JSON it prints."""
    command = [sys.executable, "-m", module, *arguments]
    finished = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(finished.stdout)


def owner_of(database: str) -> dict[str, str]:
    """The variables of a process that may write past the product: it sets a stage, and measures nothing."""
    return environment_of(database) | {"DATABASE_AS": "owner"}


def environment_of(database: str) -> dict[str, str]:
    """The variables a process of the product runs with on a database of ours."""
    return os.environ | databases.urls_of(database) | {"DJANGO_SETTINGS_MODULE": "bench.settings"}


class WebServer:
    """gunicorn on one database, from `with` to the end of its block."""

    def __init__(
        self, database: str, *, workers: int | None = None, variables: Mapping[str, str] | None = None
    ) -> None:
        self.database = database
        self._variables = dict(variables or {})
        self._workers = workers
        self.port = _free_port()

    def __enter__(self) -> "WebServer":
        from ledgersafe.operations import serving  # needs Django's settings, which need the server's URL

        environment = {**serving.server_environment("127.0.0.1", self.port), **environment_of(self.database)}
        environment |= {"DATABASE_AS": "app"} | self._variables
        if self._workers:
            environment["WEB_WORKERS"] = str(self._workers)
        self.workers = int(environment["WEB_WORKERS"])
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _LIFELINE, "sh", *serving.server_command()],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is ours: we stop it when we are done with it
        )
        try:
            self._await_answer()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop()

    def connect(self, number: int) -> list[Connection]:
        """That many connections, spread evenly over the workers: the kernel alone would make every round differ."""
        quota = -(-number // self.workers)
        held: dict[int, list[Connection]] = defaultdict(list)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while sum(map(len, held.values())) < number:
            if time.monotonic() > deadline:
                raise UnexpectedAnswer(f"{number} connections could not be spread over {self.workers} workers.")
            connection = Connection(self.port)
            mates = held[self.worker_of(connection)]
            if len(mates) < quota:
                mates.append(connection)
            else:
                connection.close()
        # In turn, so that any first few of them are spread too.
        turns = itertools.zip_longest(*held.values())
        return [connection for turn in turns for connection in turn if connection is not None]

    def worker_of(self, connection: Connection) -> int:
        """The process id of the worker that serves a connection."""
        return int(connection.ask(_WORKER_REQUEST).rpartition(b"\r\n\r\n")[2])

    def counted(self, metric: str) -> float:
        """A counter of `/metrics`: the sum over all workers."""
        connection = Connection(self.port)
        told = connection.ask(_METRICS_REQUEST)
        connection.close()
        found = re.search(rb"^%s (\S+)$" % metric.encode(), told, re.MULTILINE)
        if told[9:12] != b"200" or found is None:
            raise UnexpectedAnswer(f"/metrics tells no {metric}: {told[:300]!r}")
        return float(found[1])

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError, UnexpectedAnswer):
                connection = Connection(self.port)
                self.worker_of(connection)
                connection.close()
                return
            time.sleep(0.1)
        raise UnexpectedAnswer("The web server did not start; what it said stands above.")

    def _stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # gunicorn: at once, without grace for connections
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        # All of them: a worker that is asked to end while it hands a request to its pool waits for itself for ever.
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stdin:
            with suppress(BrokenPipeError):  # the watcher must not signal whoever gets the process id next
                self._process.stdin.write(b"ended\n")
                self._process.stdin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
