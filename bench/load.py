"""The load generator: one thread, raw sockets kept alive, requests made before the clock starts.

Server, database and generator share the machine, so what it costs itself is kept small: no HTTP library, and of an
answer only the status, the length and whether it says what was expected are looked at.
"""

import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)\r\n", re.IGNORECASE)
_CHUNK = 262_144
_ANSWER_TIMEOUT_SECONDS = 60.0


class UnexpectedAnswer(RuntimeError):
    """An answer was not what the figure is about: the figure would mean nothing."""


@dataclass(frozen=True)
class Expected:
    """What every answer must be: its status, and how often `word` stands in it."""

    status: int
    word: bytes = b""
    times: int = 0

    def check(self, answer: bytes) -> None:
        """:raises UnexpectedAnswer: it is something else."""
        if answer[9:12] != b"%d" % self.status or (self.word and answer.count(self.word) != self.times):
            raise UnexpectedAnswer(f"Expected {self}, got: {answer[:1500].decode('utf-8', 'replace')}")


@dataclass
class Run:
    """What one run came to."""

    answers: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def per_second(self) -> float:
        return self.answers / self.seconds


class Connection:
    """A kept-alive connection with at most one request under way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_ANSWER_TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._parts = b""
        self._needed = 0

    def send(self, request: bytes) -> None:
        self._parts, self._needed = b"", 0
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> bytes | None:
        """The whole answer, or None while more of it has to come."""
        part = self.socket.recv(_CHUNK)
        if not part:
            raise UnexpectedAnswer(f"The server hung up after {self._parts[:300]!r}")
        self._parts += part
        if not self._needed:
            end = self._parts.find(b"\r\n\r\n")
            if end < 0:
                return None
            length = _LENGTH.search(self._parts, 0, end + 2)
            if length is None:
                raise UnexpectedAnswer(f"An answer without length: {self._parts[:600]!r}")
            self._needed = end + 4 + int(length[1])
        return self._parts if len(self._parts) >= self._needed else None

    def ask(self, request: bytes) -> bytes:
        """Send, and wait for the answer."""
        self.send(request)
        while (answer := self.receive()) is None:
            pass
        return answer

    def close(self) -> None:
        self.socket.close()


def drive(
    connections: Sequence[Connection], feeds: Sequence[Iterator[bytes]], expected: Expected, *, seconds: float
) -> Run:
    """Keep one request under way on every connection until time or its feed is up; then wait for what is out.

    :raises UnexpectedAnswer: an answer was not as expected.
    """
    run = Run()
    with selectors.DefaultSelector() as selector:
        for connection, feed in zip(connections, feeds, strict=True):
            selector.register(connection.socket, selectors.EVENT_READ, (connection, feed))
        started = time.perf_counter()
        until = started + seconds
        waiting = sum(_send_next(connection, feed) for connection, feed in zip(connections, feeds, strict=True))
        while waiting:
            ready = selector.select(_ANSWER_TIMEOUT_SECONDS)
            if not ready:
                raise UnexpectedAnswer(f"No answer within {_ANSWER_TIMEOUT_SECONDS:.0f} s.")
            for key, _ in ready:
                connection, feed = key.data
                answer = connection.receive()
                if answer is None:
                    continue
                now = time.perf_counter()
                expected.check(answer)
                run.answers += 1
                run.latencies.append(now - connection.sent_at)
                if now >= until or not _send_next(connection, feed):
                    waiting -= 1
        run.seconds = time.perf_counter() - started
    return run


def _send_next(connection: Connection, feed: Iterator[bytes]) -> bool:
    request = next(feed, None)
    if request is not None:
        connection.send(request)
    return request is not None
