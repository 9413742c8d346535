"""Redis servers of all kinds: one of our own to be cruel to, and some that are worse than none."""

import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import redis

from ledgersafe.embedded.servers.binaries import find_valkey

#: The server ends with its standard input: also when the test run was killed, and nobody tidies up.
_WATCHED = 'exec 3<&0; "$@" </dev/null 3<&- & read -r _ <&3; kill -KILL $!; wait $!'


class OwnRedis:
    """A Valkey on a socket of its own."""

    def __init__(self, process: "subprocess.Popen[bytes]", url: str) -> None:
        self.process = process
        self.url = url
        self.client = redis.Redis.from_url(url)

    def configure(self, **options: Any) -> None:
        """CONFIG SET."""
        for name, value in options.items():
            self.client.config_set(name.replace("_", "-"), value)

    def names(self) -> list[bytes]:
        """All keys."""
        found: Any = self.client.keys()
        return list(found)

    def stop(self) -> None:
        """Gone, without a word."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


@contextmanager
def own_redis() -> Iterator[OwnRedis]:
    """Start one, and end it. In /tmp, because the path of a socket must be short."""
    with tempfile.TemporaryDirectory(prefix="ls-redis-", dir="/tmp") as folder:
        path = Path(folder) / "s"
        command = [str(find_valkey()), "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", folder]
        process = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHED, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        server = OwnRedis(process, f"unix://{path}")
        try:
            _await(server)
            yield server
        finally:
            server.stop()


def _await(server: OwnRedis) -> None:
    for _ in range(600):
        try:
            server.client.ping()
            return
        except redis.ConnectionError:
            time.sleep(0.05)
    raise TimeoutError("the private Valkey does not answer")


@contextmanager
def pretender(talk: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[socket.socket]]]:
    """A TCP server that does `talk` with each caller. :returns: its URL, and who called."""
    callers: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                callers.append(caller)
                threading.Thread(target=_quietly, args=(talk, caller), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"redis://127.0.0.1:{server.getsockname()[1]}/0", callers
        finally:
            server.shutdown(socket.SHUT_RDWR)
            for caller in callers:
                caller.close()


def _quietly(talk: Callable[[socket.socket], None], caller: socket.socket) -> None:
    with suppress(OSError):
        talk(caller)


def silence(caller: socket.socket) -> None:
    """Listens, and never says anything."""
    while caller.recv(4096):
        pass


def two_seconds_late(caller: socket.socket) -> None:
    """Says yes to everything, two seconds later."""
    while caller.recv(4096):
        time.sleep(2)
        caller.sendall(b"+OK\r\n$-1\r\n")


def nonsense(caller: socket.socket) -> None:
    """Speaks another language."""
    while caller.recv(4096):
        caller.sendall(b"HTTP/1.1 400 Bad Request\r\n:x\r\n\r\n")
