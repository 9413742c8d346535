"""Supervise one server: keep it running while clients live, then stop it cleanly."""

import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

import psycopg

from ledgersafe.embedded import locks, records
from ledgersafe.embedded.errors import EmbeddedServerError
from ledgersafe.embedded.folders import ServerFolder
from ledgersafe.embedded.servers import postgres, valkey
from ledgersafe.embedded.servers.launcher import RunningServer, log_tail

POLL_SECONDS = 0.2
# Commands typed or scripted one after the other share a server instead of restarting it.
GRACE_SECONDS = 1.5
# A server that crashed is started again at once; one that ends this soon after its start, or does not start, after a
# pause that doubles each time. Never given up: a full disk gets room again, and clients need no more than to reconnect.
SHORT_LIFE_SECONDS = 10.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
LOG_LIMIT_BYTES = 10_000_000

LAUNCHERS = {"postgres": postgres.launch, "valkey": valkey.launch}


class Supervisor:
    """`run()` returns when the server has been stopped and nothing is left to do."""

    def __init__(
        self,
        folder: ServerFolder,
        supervisor_lock: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.folder = folder
        self.supervisor_lock = supervisor_lock
        self.clock, self.sleep = clock, sleep
        self.clients = locks.open_lock(folder.clients_lock)
        self.stop_requested = False
        self.idle_since: float | None = None
        self.attempts = 0
        records.sign(supervisor_lock)

    def run(self) -> None:
        """Run the server until no client needs it.

        :raises EmbeddedServerError: it does not start the first time; the message is for the client.
        """
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._request_stop)
        self._rotate_log()
        running = self._launch()
        try:
            while not self._should_stop():
                if running.process.has_ended():
                    running = self._restart(running)
                self.sleep(POLL_SECONDS)
        finally:
            self._forget()
            running.process.stop()
            log("stopped")

    def _launch(self, port: int | None = None) -> RunningServer:
        launcher = LAUNCHERS[self.folder.server]
        try:
            running = launcher(self.folder, port)
        except EmbeddedServerError:
            if "address already in use" not in log_tail(self.folder).lower():
                raise
            running = launcher(self.folder)  # somebody took the port between the look and the start
        self.started_at = self.clock()
        log(f"{self.folder.server} runs on port {running.port} with its data in {running.data}")
        try:
            records.publish(
                self.folder,
                records.State(
                    running.environment,
                    os.getpid(),
                    running.process.pid,
                    running.port,
                    str(running.data),
                    str(self.folder.server_log),
                ),
            )
        except BaseException:  # the disk is full: nobody would find the server, and nobody end it
            running.process.stop()
            raise
        return running

    def _restart(self, ended: RunningServer) -> RunningServer:
        """Restart after a crash, on the same port with the same passwords, so that clients only reconnect.

        :returns: the ended server if the last client has gone meanwhile.
        """
        self._forget()  # new clients wait meanwhile
        ended.process.stop()
        log(f"the server ended with {ended.process.child.returncode}")
        if self.clock() - self.started_at >= SHORT_LIFE_SECONDS:
            self.attempts = 0
        while self._is_still_needed_after_a_pause():
            self.attempts += 1
            try:
                return self._launch(ended.port)
            except (EmbeddedServerError, OSError, psycopg.Error) as error:
                log(f"the server does not start: {error}")
        return ended

    def _is_still_needed_after_a_pause(self) -> bool:
        pause = min(FIRST_PAUSE_SECONDS * 2.0 ** (self.attempts - 1), LONGEST_PAUSE_SECONDS) if self.attempts else 0.0
        if pause:
            log(f"it is started again in {pause:.0f} s")
        until = self.clock() + pause
        while not self._should_stop():
            if self.clock() >= until:
                return True
            self.sleep(POLL_SECONDS)
        return False

    def _should_stop(self) -> bool:
        return self.stop_requested or self._is_evicted() or self._is_idle()

    def _is_idle(self) -> bool:
        """Tell whether no client has lived for the grace period. If so, keeps the clients' lock: a client that
        comes now waits until this process is gone, and then starts a new supervisor."""
        if not locks.try_exclusive(self.clients):
            self.idle_since = None
            return False
        now = self.clock()
        self.idle_since = self.idle_since or now
        if now - self.idle_since >= GRACE_SECONDS:
            return True
        locks.release(self.clients)
        return False

    def _is_evicted(self) -> bool:
        """Tell whether the folder was deleted (and maybe recreated by a client that sees no supervisor)."""
        try:
            return not os.path.samestat(os.fstat(self.supervisor_lock), self.folder.supervisor_lock.stat())
        except FileNotFoundError:
            return True

    def _forget(self) -> None:
        if not self._is_evicted():
            self.folder.state.unlink(missing_ok=True)

    def _rotate_log(self) -> None:
        server_log = self.folder.server_log
        if server_log.exists() and server_log.stat().st_size > LOG_LIMIT_BYTES:
            server_log.replace(server_log.with_suffix(".log.1"))

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        self.stop_requested = True  # the loop stops the server: no waiting inside a signal handler


def log(message: str) -> None:
    """Write one line to the supervisor's log."""
    sys.stderr.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')} [{os.getpid()}] {message}\n")
    sys.stderr.flush()
