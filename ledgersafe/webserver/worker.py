"""gunicorn's threaded worker with a loop that receives requests whole and sends what readers do not take at once.

gunicorn's own gives every connection a thread as soon as it has sent a byte, and the thread then waits for the rest:
as many slow clients as there are threads stop the service. Here a connection costs a thread only while the
application answers.
"""

import contextlib
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
from ledgersafe.webserver.outgoing import OutgoingAnswer, ReaderTooSlow
from ledgersafe.webserver.refusals import BROKEN, CROWDED, SLOW_BODY, SLOW_HEAD, Refusal, refusal_of

#: How often deadlines are looked at.
_SWEEP_SECONDS: Final = 0.5
#: What is read at once: of heads, which may hold many small requests, and of bodies.
_HEAD_PIECE_BYTES: Final = 64 * 1024
_BODY_PIECE_BYTES: Final = 256 * 1024
#: Descriptors that are left for listening sockets, databases, logs and the application.
_SPARE_DESCRIPTORS: Final = 200
_GO_AHEAD: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_GONE: Final = frozenset({errno.EPIPE, errno.ECONNRESET, errno.ENOTCONN, errno.EBADF})


class BufferingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn is untyped
    """See above. Speaks HTTP/1; TLS ends in front of it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limits = Limits.of(os.environ)
        self.worker_connections: int = self.cfg.worker_connections
        self._bodies = Budget(self.limits.buffer_bytes)
        self._answers = Budget(self.limits.buffer_bytes // 4)
        #: Those that wait for their client, in the poller.
        self._watched: dict[Connection, None] = {}
        self._next_sweep = 0.0

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """:raises RuntimeError: something is asked for that only gunicorn's own worker can do."""
        if cfg.is_ssl or cfg.sendfile is not False:
            raise RuntimeError("This worker needs sendfile = False, and a proxy where there is to be TLS.")

    # ── Life ────────────────────────────────────────────────────────────────────────────────────
    def init_process(self) -> None:
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        # A connection is a descriptor, and its body may be another.
        wanted = 2 * self.worker_connections + _SPARE_DESCRIPTORS
        granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY and soft < granted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
        self.worker_connections = max(16, min(self.worker_connections, (granted - _SPARE_DESCRIPTORS) // 2))
        self.max_keepalived = self.worker_connections
        super().init_process()

    def handle_quit(self, sig: int, frame: Any) -> None:
        """End at once. gunicorn's own asks its pool first, which waits for itself if it was just given a request."""
        Worker.handle_quit(self, sig, frame)

    def run(self) -> None:
        self.poller.register(self.method_queue.fileno(), selectors.EVENT_READ, self.method_queue.run_callbacks)
        while self.alive and self.is_parent_alive():
            self.set_accept_enabled(self.nr_conns < self.worker_connections or bool(self._watched))
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
            for connection in [each for each in self._watched if each.deadline <= now]:
                self._guarded(self._expire, connection)

    def _finish(self) -> None:
        """What has begun is answered within the time of grace; who has asked nothing yet is given a moment to."""
        end = time.monotonic() + self.cfg.graceful_timeout
        moment = time.monotonic() + STOP_KEEPALIVE_LINGER
        for connection in self._watched:
            if connection.is_idle:
                connection.deadline = min(connection.deadline, moment)
        while self.nr_conns > 0 and time.monotonic() < end:
            self._turn()
        for connection in list(self._watched):
            self._close(connection)

    # ── Connections come and go ─────────────────────────────────────────────────────────────────
    def accept(self, listener: Any) -> None:
        """Take the next client; where there are too many, in place of the one that has waited longest."""
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
            sock, self.limits, self._answers, partial(self.method_queue.defer, self._drop_slowest_reader)
        )
        connection = Connection(self.cfg, sock, answers, client, listener.getsockname(), self.limits)
        self._watch(connection, selectors.EVENT_READ)

    def _make_room(self) -> bool:
        """Close the slowest client, or else the one that has been idle for longest."""
        now = time.monotonic()
        victim = min(self._watched, key=lambda each: (not each.is_slow(now), each.since), default=None)
        if victim is None:
            return False
        if not victim.is_idle:
            metrics.web_refusals.labels(CROWDED.reason).inc()
        self._close(victim)
        return True

    def _watch(self, connection: Connection, events: int) -> None:
        """Wait for the client, to read from it or to write to it."""
        self._watched[connection] = None
        if connection.events == events:
            return  # as it was before the answer
        ready = self._on_readable if events == selectors.EVENT_READ else self._on_writable
        change = self.poller.modify if connection.events else self.poller.register
        change(connection.raw, events, partial(self._guarded, ready, connection))
        connection.events = events

    def _unwatch(self, connection: Connection) -> None:
        """Wait for the client no longer. The poller is told when that is needed: most are soon waited for again."""
        self._watched.pop(connection, None)

    def _silence(self, connection: Connection) -> None:
        if connection.events:
            self.poller.unregister(connection.raw)
            connection.events = 0

    def _close(self, connection: Connection) -> None:
        if connection.phase is Phase.CLOSED:
            return
        self._unwatch(connection)
        self._silence(connection)
        self.nr_conns -= 1
        self._bodies.give_back(connection.incoming.kept)
        connection.close()

    def _guarded(self, step: Callable[[Connection], None], connection: Connection, *_: Any) -> None:
        """One client's trouble is nobody else's."""
        if connection.phase is Phase.CLOSED:
            return
        try:
            step(connection)
        except Exception as error:
            if not (isinstance(error, OSError) and error.errno in _GONE):
                self.log.exception("A connection failed and is closed")
            self._close(connection)

    # ── Receiving ───────────────────────────────────────────────────────────────────────────────
    def _on_readable(self, connection: Connection) -> None:
        if connection.phase is Phase.ANSWERING:
            # The next request, or the end: either way it waits for this answer.
            self._silence(connection)
            return
        at_once = _HEAD_PIECE_BYTES if connection.incoming.request is None else _BODY_PIECE_BYTES
        try:
            data = connection.raw.recv(at_once)
        except (BlockingIOError, InterruptedError):
            return
        if not data:
            self._close(connection)
        elif connection.phase is Phase.RECEIVING:
            kept = connection.incoming.kept
            connection.receive(data)
            self._consider(connection, connection.incoming.kept - kept)

    def _consider(self, connection: Connection, grown: int) -> None:
        """Answer the request if it is whole, else wait for the rest of it."""
        incoming = connection.incoming
        if not self._has_space_for(connection, grown):
            self._refuse(connection, CROWDED)
        elif isinstance(incoming.trouble, Refusal):
            self._refuse(connection, incoming.trouble)
        elif incoming.trouble is not None:
            self._unwatch(connection)
            self.handle_error(None, connection.sock, connection.client, incoming.trouble)
            self._send_rest(connection, stays_open=False)
        elif incoming.is_whole:
            self._unwatch(connection)
            connection.begin_answer()
            self.enqueue_req(connection)
        else:
            if incoming.expects_go_ahead:
                incoming.go_ahead()
                connection.raw.send(_GO_AHEAD)
            self._watch(connection, selectors.EVENT_READ)

    def _has_space_for(self, connection: Connection, size: int) -> bool:
        """Draw so many bytes of the worker's budget of bodies; where it is used up, the slowest client is refused."""
        if size == 0 or self._bodies.take(size) >= 0:
            return True
        holders = [each for each in self._watched if each.incoming.kept and each is not connection]
        while holders and self._bodies.is_overdrawn:
            victim = min(holders, key=_since)
            if victim.since > connection.since:
                return False
            holders.remove(victim)
            self._guarded(partial(self._refuse, refusal=CROWDED), victim)
        return not self._bodies.is_overdrawn

    def _expire(self, connection: Connection) -> None:
        """Its time is over."""
        if connection.phase is Phase.SENDING:
            if connection.sock.is_taken():
                connection.deadline = connection.sock.deadline
                return
            metrics.web_refusals.labels("slow_reader").inc()
            self._close(connection)
        elif connection.phase is Phase.CLOSING or connection.is_idle:
            self._close(connection)
        else:
            self._refuse(connection, SLOW_HEAD if connection.incoming.request is None else SLOW_BODY)

    # ── Answering, in a thread ──────────────────────────────────────────────────────────────────
    def handle(self, conn: Connection) -> bool:
        """Let the application answer. :returns: whether the connection can be used again."""
        request = None
        try:
            request = conn.incoming.open()
            stays_open = bool(self.handle_request(request, conn))
            conn.sock.flush()
        except StopIteration:  # an answer broke off in its middle; gunicorn has logged it
            return False
        except ReaderTooSlow:
            metrics.web_refusals.labels("slow_reader").inc()
            return False
        except Exception as error:
            if isinstance(error, OSError) and error.errno in _GONE:
                self.log.debug("A client is gone: %s", error)
            else:
                self.handle_error(request, conn.sock, conn.client, error)
            return False
        return stays_open

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that cannot be read, or that the application failed at, with a problem."""
        refusal = refusal_of(exc)
        if refusal is BROKEN:
            self.log.error("Error handling request %s", getattr(req, "uri", None), exc_info=exc)
        else:
            self.log.warning("Invalid request from ip=%s: %s", addr[0] if addr else "", exc)
        metrics.web_refusals.labels(refusal.reason).inc()
        with contextlib.suppress(OSError):
            client.sendall(refusal.answer())

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Back in the loop: send what the client has not taken yet, then await its next request."""
        stays_open = not fs.cancelled() and fs.exception() is None and fs.result()
        self._guarded(partial(self._send_rest, stays_open=bool(stays_open)), conn)

    # ── Sending ─────────────────────────────────────────────────────────────────────────────────
    def _refuse(self, connection: Connection, refusal: Refusal) -> None:
        self._unwatch(connection)
        metrics.web_refusals.labels(refusal.reason).inc()
        connection.sock.sendall(refusal.answer())
        self._send_rest(connection, stays_open=False)

    def _send_rest(self, connection: Connection, *, stays_open: bool) -> None:
        self._bodies.give_back(connection.incoming.kept)
        connection.incoming.kept = 0
        connection.incoming.close()
        connection.begin_sending(stays_open=stays_open)
        self._on_writable(connection)

    def _drop_slowest_reader(self) -> None:
        """Too much waits to be read: whoever has let it wait for longest loses the rest."""
        readers = [each for each in self._watched if each.phase is Phase.SENDING]
        if readers and self._answers.is_overdrawn:
            metrics.web_refusals.labels("slow_reader").inc()
            self._close(min(readers, key=_since))

    def _on_writable(self, connection: Connection) -> None:
        connection.sock.flush()
        if connection.sock.waiting:
            self._watch(connection, selectors.EVENT_WRITE)
        elif not connection.stays_open:
            connection.begin_closing()
            self._watch(connection, selectors.EVENT_READ)
        else:
            seconds = self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER
            connection.await_next(connection.incoming.rest, seconds)
            self._consider(connection, connection.incoming.kept)


def _since(connection: Connection) -> float:
    return connection.since
