"""gunicorn's threaded worker with an event loop that owns every connection.

`ConnectionLoop` accepts clients, watches them, and closes those that fail, exceed a deadline or must make room;
`worker.BufferingWorker` reads requests and sends answers.
"""

import errno
import os
import resource
import selectors
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from ledgersafe.telemetry import metrics
from ledgersafe.webserver.budget import Budget
from ledgersafe.webserver.connections import Connection, Phase
from ledgersafe.webserver.limits import Limits
from ledgersafe.webserver.outgoing import OutgoingAnswer
from ledgersafe.webserver.refusals import CROWDED

#: Seconds between checks of deadlines.
_SWEEP_SECONDS: Final = 0.5
#: Descriptors reserved for listening sockets, databases, logs and the application.
_SPARE_DESCRIPTORS: Final = 200
#: Errors of a connection whose client is gone.
GONE: Final = frozenset({errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EBADF})


class ConnectionLoop(ThreadWorker):  # type: ignore[misc]  # gunicorn is untyped
    """The connections of one worker process. Only the loop's own thread changes them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limits = Limits.from_environment(os.environ)
        self.worker_connections: int = self.cfg.worker_connections
        self.bodies = Budget(self.limits.buffer_bytes)
        self.answers = Budget(self.limits.buffer_bytes // 4)
        #: Connections waiting for their client, in order of insertion.
        self.watched: dict[Connection, None] = {}
        self._next_sweep = 0.0

    def on_readable(self, connection: Connection) -> None:
        """Read from a client."""
        raise NotImplementedError

    def on_writable(self, connection: Connection) -> None:
        """Write to a client."""
        raise NotImplementedError

    def expire(self, connection: Connection) -> None:
        """End what a client has not done in time."""
        raise NotImplementedError

    def drop_slowest_reader(self) -> None:
        """Free answers that wait for their readers."""
        raise NotImplementedError

    # ── Life ────────────────────────────────────────────────────────────────────────────────────
    def init_process(self) -> None:
        """Raise the limit of descriptors, and bound the connections by it."""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        # A connection needs one descriptor, and its body may need another.
        needed = 2 * self.worker_connections + _SPARE_DESCRIPTORS
        granted = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < granted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
        self.worker_connections = max(16, min(self.worker_connections, (granted - _SPARE_DESCRIPTORS) // 2))
        self.max_keepalived = self.worker_connections
        super().init_process()

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End at once. gunicorn's own asks its pool first, which can deadlock on a request it was just given."""
        Worker.handle_quit(self, sig, frame)

    def run(self) -> None:
        """Run the loop until the worker is told to stop."""
        self.poller.register(self.method_queue.fileno(), selectors.EVENT_READ, self.method_queue.run_callbacks)
        while self.alive and self.is_parent_alive():
            self.set_accept_enabled(self.nr_conns < self.worker_connections or bool(self.watched))
            self._turn()
        self.set_accept_enabled(False)
        self._finish()
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()
        for listener in self.sockets:
            listener.close()

    def _turn(self) -> None:
        self.notify()
        self.wait_for_and_dispatch_events(timeout=_SWEEP_SECONDS)
        now = time.monotonic()
        if now >= self._next_sweep:
            self._next_sweep = now + _SWEEP_SECONDS
            for connection in [each for each in self.watched if each.deadline <= now]:
                self.guarded(self.expire, connection)

    def _finish(self) -> None:
        """Answer what has begun within the grace period, and close idle connections soon."""
        end = time.monotonic() + self.cfg.graceful_timeout
        moment = time.monotonic() + STOP_KEEPALIVE_LINGER
        for connection in self.watched:
            if connection.is_idle:
                connection.deadline = min(connection.deadline, moment)
        while self.nr_conns > 0 and time.monotonic() < end:
            self._turn()
        for connection in list(self.watched):
            self.drop(connection)

    # ── Connections come and go ─────────────────────────────────────────────────────────────────
    def accept(self, listener: Any) -> None:
        """Accept the next client; if there are too many, in place of the one that has waited longest."""
        if self.nr_conns >= self.worker_connections and not self._make_room():
            return
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED):
                raise
            return
        sock.setblocking(False)
        self.nr_conns += 1
        answers = OutgoingAnswer(
            sock, self.limits, self.answers, partial(self.method_queue.defer, self.drop_slowest_reader)
        )
        connection = Connection(self.cfg, sock, answers, client, listener.getsockname(), self.limits)
        self.watch(connection, selectors.EVENT_READ)

    def _make_room(self) -> bool:
        """Close the slowest client, else the one idle for longest."""
        now = time.monotonic()
        victim = min(self.watched, key=lambda each: (not each.is_slow(now), each.since), default=None)
        if victim is None:
            return False
        if not victim.is_idle:
            metrics.web_refusals.labels(CROWDED.reason).inc()
        self.drop(victim)
        return True

    def watch(self, connection: Connection, events: int) -> None:
        """Wait until the client can be read from or written to."""
        self.watched[connection] = None
        if connection.events == events:
            return  # as it was before the answer
        ready = self.on_readable if events == selectors.EVENT_READ else self.on_writable
        change = self.poller.modify if connection.events else self.poller.register
        change(connection.raw, events, partial(self.guarded, ready, connection))
        connection.events = events

    def unwatch(self, connection: Connection) -> None:
        """Stop waiting for the client. The poller is not told: most are soon waited for again."""
        self.watched.pop(connection, None)

    def silence(self, connection: Connection) -> None:
        """Unregister the client from the poller."""
        if connection.events:
            self.poller.unregister(connection.raw)
            connection.events = 0

    def drop(self, connection: Connection) -> None:
        """Close the connection and return its share of the budget."""
        if connection.phase is Phase.CLOSED:
            return
        self.unwatch(connection)
        self.silence(connection)
        self.nr_conns -= 1
        self.bodies.give_back(connection.incoming.kept)
        connection.close()

    def guarded(self, step: Callable[[Connection], None], connection: Connection, *_: Any) -> None:
        """Run a step; if it fails, close only this client's connection."""
        if connection.phase is Phase.CLOSED:
            return
        try:
            step(connection)
        except Exception as error:
            if not (isinstance(error, OSError) and error.errno in GONE):
                self.log.exception("A connection failed and is closed")
            self.drop(connection)
