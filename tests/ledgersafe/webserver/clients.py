"""A web server with the product's settings for gunicorn, and clients that do what no library would."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ledgersafe.operations.ports import free_port

ROOT: Final = Path(__file__).resolve().parents[3]
#: Deadlines that tests can wait for.
SHORT: Final = {"WEB_HEADER_SECONDS": "2", "WEB_BODY_SECONDS": "2", "WEB_ANSWER_SECONDS": "2"}
#: Longer than anything here takes on a busy machine, shorter than giving up.
PATIENCE_SECONDS: Final = 30.0
GET: Final = b"GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"


@contextmanager
def tiny_server(**variables: str) -> Iterator["Server"]:
    """gunicorn as the product sets it up, one worker with three threads, and `tiny` behind it."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as log:
        environment = os.environ | SHORT | variables
        environment |= {"WEB_BIND": f"127.0.0.1:{port}", "WEB_WORKERS": "1", "WEB_THREADS": "3"}
        environment |= {"PROMETHEUS_MULTIPROC_DIR": folder}
        command = [sys.executable, "-m", "gunicorn", "-c", "deploy/gunicorn.py"]
        process = subprocess.Popen(
            [*command, "tests.ledgersafe.webserver.tiny:application"], cwd=ROOT, env=environment, stderr=log
        )
        try:
            server = Server(port, process)
            server.await_answer()
            yield server
        finally:
            process.kill()
            process.wait()


@dataclass
class Server:
    """Where it listens, and its arbiter."""

    port: int
    process: "subprocess.Popen[Any]"

    def connect(self, *, receive_buffer: int = 0) -> socket.socket:
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.settimeout(PATIENCE_SECONDS)
        client.connect(("127.0.0.1", self.port))
        return client

    def ask(self, *pieces: bytes, pause: float = 0.0) -> bytes:
        """Send the pieces; everything that comes until the server closes. What ends with a reset ends there."""
        with self.connect() as client:
            for piece in pieces:
                with suppress(ConnectionError):
                    client.sendall(piece)
                time.sleep(pause)
            return rest_of(client)

    def answers(self, path: str = "/hello", seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether an honest client gets its answer."""
        with suppress(OSError), self.connect() as client:
            client.settimeout(seconds)
            client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return b" 200 " in rest_of(client)[:20]
        return False

    def await_answer(self) -> None:
        deadline = time.monotonic() + 60
        while not self.answers(seconds=1.0):
            assert self.process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.05)


def rest_of(client: socket.socket) -> bytes:
    """What still comes, until the end or a reset."""
    received = bytearray()
    with suppress(ConnectionError):
        while piece := client.recv(65_536):
            received += piece
    return bytes(received)


def one_answer(client: socket.socket) -> bytes:
    """The body of the next answer on a connection that stays open. It has a length."""
    received = bytearray()
    while b"\r\n\r\n" not in received:
        received += client.recv(65_536) or ended_after(received)
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += client.recv(65_536) or ended_after(received)
    return body


def ended_after(received: bytes | bytearray) -> bytes:
    raise AssertionError(f"the connection ended after {bytes(received)[:300]!r}")


# ── Slow clients ────────────────────────────────────────────────────────────────────────────────
_FORM: Final = b"POST /admin/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
#: How each kind begins, and what it sends from time to time.
KINDS: Final = {
    "header": (b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"X-Slow: yes\r\n"),
    "body": (b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n{", b" "),
    "chunks": (b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "sign-in": (_FORM + b"Content-Length: 5000\r\n\r\nusername=", b"a"),
    "silent": (b"", b""),
}


@dataclass
class SlowClients:
    """Clients that never finish, and begin anew when they are cut off."""

    server: Server
    kind: str
    number: int
    cut_off: list[bytes] = field(default_factory=list)
    _clients: list[socket.socket] = field(default_factory=list)

    def __enter__(self) -> "SlowClients":
        self._clients = [self._begin() for _ in range(self.number)]
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as closing:
            for client in self._clients:
                closing.callback(client.close)

    def drip(self) -> list[bytes]:
        """Each sends a little more. :returns: the last words to all that were cut off so far."""
        for place, client in enumerate(self._clients):
            try:
                client.send(KINDS[self.kind][1])
                end = client.recv(4096)
            except BlockingIOError:
                continue
            except ConnectionError:
                end = b""
            self.cut_off.append(end)
            client.close()
            self._clients[place] = self._begin()
        return self.cut_off

    def _begin(self) -> socket.socket:
        client = self.server.connect()
        client.sendall(KINDS[self.kind][0])
        client.setblocking(False)
        return client
