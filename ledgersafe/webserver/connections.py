"""One client's connection: its request, its answer, and its deadline."""

import enum
import socket
import struct
import time
from typing import Any

from ledgersafe.webserver.incoming import IncomingRequest
from ledgersafe.webserver.limits import LINGER_SECONDS, SLOW_SECONDS, Limits
from ledgersafe.webserver.outgoing import OutgoingAnswer


class Phase(enum.Enum):
    """Whose turn it is: the client's, the loop's or a thread's."""

    RECEIVING = "receiving"  # the client's: no request yet, or a part of one
    ANSWERING = "answering"  # a thread's
    SENDING = "sending"  # the client's: it has not taken its answer yet
    CLOSING = "closing"  # the client's: it may read the end
    CLOSED = "closed"


class Connection:
    """A client. Only the loop changes it, and not while a thread answers."""

    def __init__(
        self, cfg: Any, raw: socket.socket, sock: OutgoingAnswer, client: Any, server: Any, limits: Limits
    ) -> None:
        self._cfg, self._limits = cfg, limits
        self.raw, self.client, self.server = raw, client, server
        #: gunicorn writes answers to this instead of the socket.
        self.sock = sock
        self.phase = Phase.RECEIVING
        self.stays_open = False
        #: Events the poller waits for.
        self.events = 0
        #: Begin and deadline of the client's current step.
        self.since = time.monotonic()
        self.deadline = self.since + limits.header_seconds
        self._has_whole_head = False
        self.incoming = IncomingRequest(cfg, client, 1, limits.body_bytes)

    @property
    def is_idle(self) -> bool:
        """Tell whether no request has begun."""
        return self.phase is Phase.RECEIVING and not self.incoming.has_begun

    def is_slow(self, now: float) -> bool:
        """Tell whether one request or answer takes longer than an honest client needs."""
        return not self.is_idle and self.phase is not Phase.ANSWERING and now - self.since > SLOW_SECONDS

    def await_next(self, rest: bytes, seconds: float) -> None:
        """Begin the next request, of which bytes may be here already."""
        self.phase = Phase.RECEIVING
        self.since = time.monotonic()
        self.deadline = self.since + seconds
        self._has_whole_head = False
        self.incoming = IncomingRequest(self._cfg, self.client, self.incoming.number + 1, self._limits.body_bytes)
        if rest:
            self.receive(rest)

    def receive(self, data: bytes) -> None:
        """Take bytes from the client, and set the deadline for the rest."""
        now = time.monotonic()
        if not self.incoming.has_begun:
            self.since, self.deadline = now, now + self._limits.header_seconds
        self.incoming.feed(data)
        if self.incoming.request is not None:
            if not self._has_whole_head:
                self._has_whole_head = True
                self.since = now
            self.deadline = self._limits.body_deadline(self.since, self.incoming.kept)

    def begin_answer(self) -> None:
        """Hand the connection to a thread."""
        self.phase = Phase.ANSWERING
        self.sock.begin_answer()

    def begin_sending(self, *, stays_open: bool) -> None:
        """Let the client take the rest of its answer."""
        self.phase, self.stays_open = Phase.SENDING, stays_open
        self.sock.begin_span()
        self.since, self.deadline = time.monotonic(), self.sock.deadline

    def begin_closing(self) -> None:
        """Send the end of the stream. Closing with unread bytes would lose the answer before them."""
        self.phase = Phase.CLOSING
        self.since = time.monotonic()
        self.deadline = self.since + LINGER_SECONDS
        self.raw.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the socket, and forget request and answer."""
        if self.phase is Phase.SENDING:
            # Given up: make the kernel drop the unsent rest at once.
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.phase = Phase.CLOSED
        self.incoming.close()
        self.sock.drop()
        self.raw.close()
