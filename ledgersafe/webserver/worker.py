"""gunicorn's threaded worker, but requests are received whole and slow readers hold no thread.

gunicorn's own worker gives every connection a thread with its first byte, and the thread waits for the rest: as many
slow clients as there are threads stop the service. Here a connection costs a thread only while the
application answers.
"""

import contextlib
import selectors
from functools import partial
from typing import Any, Final

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER

from ledgersafe.telemetry import metrics
from ledgersafe.webserver.connection_loop import GONE, ConnectionLoop
from ledgersafe.webserver.connections import Connection, Phase
from ledgersafe.webserver.outgoing import ReaderTooSlow
from ledgersafe.webserver.refusals import BROKEN, CROWDED, SLOW_BODY, SLOW_HEAD, Refusal, refusal_of

#: Bytes read at once: of heads, which may hold many small requests, and of bodies.
_HEAD_PIECE_BYTES: Final = 64 * 1024
_BODY_PIECE_BYTES: Final = 256 * 1024
_GO_AHEAD: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class BufferingWorker(ConnectionLoop):
    """Receives whole requests, lets a thread answer each, and sends the answers. HTTP/1; TLS ends in front of it."""

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        """Check gunicorn's configuration.

        :raises RuntimeError: it asks for TLS or sendfile, which only gunicorn's own worker can do.
        """
        if cfg.is_ssl or cfg.sendfile is not False:
            raise RuntimeError("This worker needs sendfile = False, and a proxy where there is to be TLS.")

    # ── Receiving ───────────────────────────────────────────────────────────────────────────────
    def on_readable(self, connection: Connection) -> None:
        """Read from the client; an end or a next request waits until the answer is sent."""
        if connection.phase is Phase.ANSWERING:
            # The next request or the end of the stream: both wait until this answer is sent.
            self.silence(connection)
            return
        at_once = _HEAD_PIECE_BYTES if connection.incoming.request is None else _BODY_PIECE_BYTES
        try:
            data = connection.raw.recv(at_once)
        except (BlockingIOError, InterruptedError):
            return
        if not data:
            self.drop(connection)
        elif connection.phase is Phase.RECEIVING:
            kept_before = connection.incoming.kept
            connection.receive(data)
            self._consider(connection, connection.incoming.kept - kept_before)

    def _consider(self, connection: Connection, grown: int) -> None:
        """Answer the request if it is complete, else wait for the rest."""
        incoming = connection.incoming
        if not self._has_space_for(connection, grown):
            self._refuse(connection, CROWDED)
        elif isinstance(incoming.trouble, Refusal):
            self._refuse(connection, incoming.trouble)
        elif incoming.trouble is not None:
            self.unwatch(connection)
            self.handle_error(None, connection.sock, connection.client, incoming.trouble)
            self._send_rest(connection, stays_open=False)
        elif incoming.is_whole:
            self.unwatch(connection)
            connection.begin_answer()
            self.enqueue_req(connection)
        else:
            if incoming.expects_go_ahead:
                incoming.go_ahead()
                connection.raw.send(_GO_AHEAD)
            self.watch(connection, selectors.EVENT_READ)

    def _has_space_for(self, connection: Connection, size: int) -> bool:
        """Draw bytes from the body budget; when it is used up, refuse the slowest client."""
        if size == 0 or self.bodies.take(size) >= 0:
            return True
        holders = [each for each in self.watched if each.incoming.kept and each is not connection]
        while holders and self.bodies.is_overdrawn:
            victim = min(holders, key=_since)
            if victim.since > connection.since:
                return False
            holders.remove(victim)
            self.guarded(partial(self._refuse, refusal=CROWDED), victim)
        return not self.bodies.is_overdrawn

    def expire(self, connection: Connection) -> None:
        """End a phase whose deadline has passed."""
        if connection.phase is Phase.SENDING:
            if connection.sock.is_taken():
                connection.deadline = connection.sock.deadline
                return
            metrics.web_refusals.labels("slow_reader").inc()
            self.drop(connection)
        elif connection.phase is Phase.CLOSING or connection.is_idle:
            self.drop(connection)
        else:
            self._refuse(connection, SLOW_HEAD if connection.incoming.request is None else SLOW_BODY)

    # ── Answering, in a thread ──────────────────────────────────────────────────────────────────
    def handle(self, conn: Connection) -> bool:
        """Let the application answer. Return whether the connection can be reused."""
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
            if isinstance(error, OSError) and error.errno in GONE:
                self.log.debug("A client is gone: %s", error)
            else:
                self.handle_error(request, conn.sock, conn.client, error)
            return False
        return stays_open

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answer a request that the parser or the application failed at with a problem."""
        refusal = refusal_of(exc)
        if refusal is BROKEN:
            self.log.error("Error handling request %s", getattr(req, "uri", None), exc_info=exc)
        else:
            self.log.warning("Invalid request from ip=%s: %s", addr[0] if addr else "", exc)
        metrics.web_refusals.labels(refusal.reason).inc()
        with contextlib.suppress(OSError):
            client.sendall(refusal.answer())

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Return to the loop: send the rest of the answer, then await the next request."""
        stays_open = not fs.cancelled() and fs.exception() is None and fs.result()
        self.guarded(partial(self._send_rest, stays_open=bool(stays_open)), conn)

    # ── Sending ─────────────────────────────────────────────────────────────────────────────────
    def _refuse(self, connection: Connection, refusal: Refusal) -> None:
        self.unwatch(connection)
        metrics.web_refusals.labels(refusal.reason).inc()
        connection.sock.sendall(refusal.answer())
        self._send_rest(connection, stays_open=False)

    def _send_rest(self, connection: Connection, *, stays_open: bool) -> None:
        self.bodies.give_back(connection.incoming.kept)
        connection.incoming.kept = 0
        connection.incoming.close()
        connection.begin_sending(stays_open=stays_open)
        self.on_writable(connection)

    def drop_slowest_reader(self) -> None:
        """Close the client that has let its answer wait longest, when too much waits."""
        readers = [each for each in self.watched if each.phase is Phase.SENDING]
        if readers and self.answers.is_overdrawn:
            metrics.web_refusals.labels("slow_reader").inc()
            self.drop(min(readers, key=_since))

    def on_writable(self, connection: Connection) -> None:
        """Send; when all is sent, close or await the next request."""
        connection.sock.flush()
        if connection.sock.waiting:
            self.watch(connection, selectors.EVENT_WRITE)
        elif not connection.stays_open:
            connection.begin_closing()
            self.watch(connection, selectors.EVENT_READ)
        else:
            seconds = self.cfg.keepalive if self.alive else STOP_KEEPALIVE_LINGER
            connection.await_next(connection.incoming.rest, seconds)
            self._consider(connection, connection.incoming.kept)


def _since(connection: Connection) -> float:
    return connection.since
