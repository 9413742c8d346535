"""Real processes that use the embedded servers, and what can be seen of those from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from ledgersafe.embedded import locks
from ledgersafe.embedded.folders import CHECKOUT, Purpose, ServerFolder, ServerName

JOIN = """
import json, os, sys
from ledgersafe import embedded
try:
    embedded.ensure_servers(purpose=sys.argv[1])
except embedded.EmbeddedServerError as error:
    sys.exit(str(error))
print(json.dumps({name: value for name, value in os.environ.items() if name.endswith("_URL")}), flush=True)
"""
STAY = "sys.stdin.read()\n"
BECOME_SOMETHING_ELSE = 'os.execv(sys.executable, [sys.executable, "-c", "import sys; sys.stdin.read()"])\n'


@dataclass
class Client:
    """A process that called ensure_servers() and lives until told otherwise."""

    process: subprocess.Popen[str]
    environment: dict[str, str]

    @property
    def database(self) -> str:
        return self.environment["DATABASE_URL"]

    @property
    def owner(self) -> str:
        return self.environment["DATABASE_OWNER_URL"]

    def leave(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(10)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@dataclass
class Checkout:
    """One data folder and its clients. Without `redis`, clients bring a Redis of their own."""

    data: Path
    clients: list[Client]

    def begin(
        self, *, purpose: Purpose = "data", redis: bool = False, then: str = STAY, **variables: str
    ) -> subprocess.Popen[str]:
        """Start a client without waiting for its servers."""
        given = {} if redis else {"REDIS_URL": "redis://elsewhere"}
        kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        return subprocess.Popen(
            [sys.executable, "-c", JOIN + then, purpose],
            cwd=CHECKOUT,
            env=kept | given | {"LEDGERSAFE_DATA_DIR": str(self.data)} | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def joined(self, process: subprocess.Popen[str]) -> Client:
        """Wait until the client has its servers."""
        assert process.stdout
        assert process.stderr
        line = process.stdout.readline()
        assert line, process.stderr.read()
        self.clients.append(Client(process, json.loads(line)))
        return self.clients[-1]

    def client(self, **options: Any) -> Client:
        return self.joined(self.begin(**options))

    def folder(self, server: ServerName = "postgres", purpose: Purpose = "data") -> ServerFolder:
        path = self.data / "test" / server if purpose == "test" else self.data / server
        return ServerFolder(server, purpose, path)

    def state(self, server: ServerName = "postgres") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.folder(server).state.read_text())
        return found

    def processes(self) -> dict[int, str]:
        """Supervisors, servers and watchers of this folder: process id and command line."""
        listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True)
        pairs = (line.strip().split(maxsplit=1) for line in listed.stdout.splitlines())
        mine = {int(pair[0]): pair[1] for pair in pairs if len(pair) == 2 and str(self.data) in pair[1]}
        for server in ("postgres", "valkey"):
            if self.folder(server).state.exists():
                mine[self.state(server)["supervisor_pid"]] = "supervisor"
                mine[self.state(server)["server_pid"]] = "server"
        return mine

    def kill_watchers_and_supervisors(self) -> None:
        """In this order nothing is left that could stop a server cleanly."""
        found = self.processes()
        for wanted in (" -c ", "supervisor"):
            for process_id in [number for number, line in found.items() if wanted in line and line != "server"]:
                os.kill(process_id, signal.SIGKILL)

    def kill_everything(self) -> None:
        """As a crash of the whole machine would, but for what the kernel had not yet written."""
        server = self.state()["server_pid"]
        self.kill_watchers_and_supervisors()
        os.kill(server, signal.SIGKILL)
        assert eventually(self.has_nothing_running)

    def has_nothing_running(self, server: ServerName = "postgres") -> bool:
        """Neither a supervisor nor any process of the server: both locks are free."""
        folder = self.folder(server)
        return all(is_free(lock) for lock in (folder.supervisor_lock, folder.server_lock))

    def verb(self, verb: str) -> str:
        """Run `python -m ledgersafe.embedded VERB`."""
        done = subprocess.run(
            [sys.executable, "-m", "ledgersafe.embedded", verb],
            cwd=CHECKOUT,
            env=os.environ | {"LEDGERSAFE_DATA_DIR": str(self.data)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def stop(self) -> None:
        for client in self.clients:
            client.kill()
        self.verb("stop")

    def close(self) -> None:
        self.stop()
        self.verb("remove")


def is_free(lock: Path) -> bool:
    descriptor = locks.claim(lock)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None


def eventually(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return condition()


def query(url: str, statement: str) -> Any:
    """The first value of the first row, or None."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def keep_seven(client: Client) -> None:
    """Something to find again."""
    query(client.owner, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 7 AS value")


def kept(client: Client) -> Any:
    return query(client.owner, "SELECT value FROM kept")


def kill_hard(process_id: int) -> None:
    os.kill(process_id, signal.SIGKILL)
