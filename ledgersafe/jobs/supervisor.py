"""Keep the jobs' process alive: restart it when it ends, after pauses that grow until it lasts."""

import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Final

from prometheus_client import Counter, Gauge

logger = logging.getLogger(__name__)

#: A process that lived so long was healthy: the pauses start over.
HEALTHY_SECONDS: Final = 60.0
LONGEST_PAUSE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.5

# Not in `ledgersafe.telemetry.metrics`: without a supervisor there is no figure, rather than a zero.
process_up = Gauge(
    "jobs_process_up",
    "1 while the jobs' process beside this web server runs, 0 while it waits to be started again.",
    multiprocess_mode="mostrecent",
)
process_restarts = Counter(
    "jobs_process_restarts_total",
    "How often the jobs' process beside this web server ended and was to be started again.",
)

#: Taken while this thread holds locks, such as those of metrics, that a process forked meanwhile would inherit locked.
#: gunicorn forks a worker whenever one has died.
_not_forking = threading.Lock()
os.register_at_fork(
    before=_not_forking.acquire, after_in_parent=_not_forking.release, after_in_child=_not_forking.release
)


class BackOff:
    """Seconds to wait before the next start: 1, 2, 4 … 60, and 1 again after a process that lasted."""

    def __init__(self) -> None:
        self._pause = 0.0

    def after(self, lived: float) -> float:
        """The pause in seconds. :param lived: seconds the last process lived."""
        is_new = self._pause == 0.0 or lived >= HEALTHY_SECONDS
        self._pause = 1.0 if is_new else min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        return self._pause


class Supervision(threading.Thread):
    """Starts a process, and restarts it whenever it ends, until `end` is called or this process ends."""

    def __init__(self, start: Callable[[], "subprocess.Popen[bytes]"]) -> None:
        super().__init__(name="jobs-supervision", daemon=True)
        self._start = start
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        back_off = BackOff()
        while not self._ended.is_set():
            began = time.monotonic()
            self._begin()
            while self._is_running() and not self._ended.wait(_POLL_SECONDS):
                pass
            if not self._ended.is_set():
                pause = back_off.after(time.monotonic() - began)
                self._note_end(pause)
                self._ended.wait(pause)
        if self._process is not None:
            self._process.terminate()

    def end(self) -> None:
        """End the process and start no other."""
        self._ended.set()
        self.join()

    def _begin(self) -> None:
        with _not_forking:
            try:
                self._process = self._start()
            except OSError:  # out of memory or processes: both pass
                self._process = None
                logger.warning("The jobs' process could not be started", exc_info=True)
            else:
                process_up.set(1)

    def _is_running(self) -> bool:
        # gunicorn reaps every child, this one too: its exit code may be lost, but not that it ended.
        return self._process is not None and self._process.poll() is None

    def _note_end(self, pause: float) -> None:
        with _not_forking:
            process_up.set(0)
            process_restarts.inc()
            logger.warning("The jobs' process ended; it is started again in %.0f s", pause)
