"""Send one answer: at once what the socket takes, and the rest without holding a thread."""

import select
import socket
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from ledgersafe.webserver.budget import Budget
from ledgersafe.webserver.limits import ANSWER_BYTES, Limits

#: Pieces sent at once.
_PIECES: Final = 16


class ReaderTooSlow(TimeoutError):
    """The client does not take its answer."""


class OutgoingAnswer:
    """Replaces gunicorn's socket. One thread writes to it; the loop flushes it afterwards."""

    def __init__(self, sock: socket.socket, limits: Limits, budget: Budget, make_room: Callable[[], None]) -> None:
        self._sock, self._limits, self._budget, self._make_room = sock, limits, budget, make_room
        self._pieces: deque[memoryview] = deque()
        self._since = time.monotonic()
        self._sent = 0
        self._holds_first = True
        self._is_broken = False
        #: Bytes that the client has not taken yet.
        self.waiting = 0

    @property
    def deadline(self) -> float:
        """When the client must have taken the rest, or enough of it for another span."""
        return self._since + self._limits.answer_seconds

    # ── As a socket, for gunicorn ───────────────────────────────────────────────────────────────
    def sendall(self, data: bytes) -> None:
        """Send, or keep for later.

        :raises ReaderTooSlow: there is too much to keep, and the client takes none.
        """
        if self._is_broken:
            raise BrokenPipeError
        if self._pieces and self.waiting + len(data) > ANSWER_BYTES:
            self._send_in_time()
        if self._budget.take(len(data)) < 0:
            # Do not let this thread wait, whose client may be quick: the slowest reader loses its answer.
            self._make_room()
        self._pieces.append(memoryview(data))
        self.waiting += len(data)
        if self._holds_first:
            # Headers: wait, and send them together with the first bytes of the body.
            self._holds_first = False
        else:
            self.flush()

    def send(self, data: bytes) -> int:
        self.sendall(data)
        return len(data)

    def gettimeout(self) -> float | None:
        """Return None; gunicorn asks before it writes an error."""
        return None

    def setblocking(self, flag: Any) -> None:
        """Do nothing: the socket never blocks."""

    def shutdown(self, how: int) -> None:
        """Refuse gunicorn's own shutdown of an answer that has begun: the loop closes the connection once it is sent.

        :raises OSError: always.
        """
        raise OSError("The loop ends connections.")

    def close(self) -> None:
        """Do nothing, like `shutdown`, but without the error."""

    # ── For the loop ────────────────────────────────────────────────────────────────────────────
    def begin_answer(self) -> None:
        """Hold back the first piece of the answer, so that headers and body leave together."""
        self._holds_first = True

    def begin_span(self) -> None:
        """Start timing the client; what the kernel took before says nothing about it."""
        self._since, self._sent = time.monotonic(), 0

    def is_taken(self) -> bool:
        """Tell whether the client took enough in this span; if so, begin the next span."""
        is_quick = self._limits.is_quick(self._sent)
        if is_quick:
            self.begin_span()
        return is_quick

    def flush(self) -> None:
        """Send as much as the socket takes.

        :raises OSError: the client is gone.
        """
        while self._pieces:
            try:
                sent = self._sock.sendmsg(islice(self._pieces, _PIECES))
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self.drop()
                raise
            self._note(sent)

    def drop(self) -> None:
        """Forget the unsent rest."""
        self._is_broken = True
        self._pieces.clear()
        self._budget.give_back(self.waiting)
        self.waiting = 0

    def _note(self, sent: int) -> None:
        self.waiting -= sent
        self._sent += sent
        self._budget.give_back(sent)
        while self._pieces and sent >= len(self._pieces[0]):
            sent -= len(self._pieces.popleft())
        if sent:
            self._pieces[0] = self._pieces[0][sent:]

    def _send_in_time(self) -> None:
        """Wait in the thread until everything so far is sent: for answers too long to keep."""
        poll = select.poll()
        poll.register(self._sock, select.POLLOUT)
        self.begin_span()
        while self._pieces:
            left = self.deadline - time.monotonic()
            if left <= 0 and not self.is_taken():
                self.drop()
                raise ReaderTooSlow
            poll.poll(1000)
            self.flush()
