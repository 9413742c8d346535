"""Start a server: wait for its predecessor, choose a port, await its answer."""

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ledgersafe.embedded import locks
from ledgersafe.embedded.errors import EmbeddedServerError
from ledgersafe.embedded.folders import ServerFolder
from ledgersafe.embedded.servers.process import ServerProcess

READY_TIMEOUT_SECONDS = 100.0
PREDECESSOR_SECONDS = 1.0
PREDECESSOR_STOP_SECONDS = 60.0


@dataclass(frozen=True)
class RunningServer:
    """A server that answers, with the environment variables of its clients."""

    process: ServerProcess
    port: int
    data: Path
    environment: dict[str, str]


def choose_port(folder: ServerFolder) -> int:
    """Return the last port if it is free, else any free port of 127.0.0.1.

    The same port lets a client that outlived a killed supervisor find the next server.
    """
    last = folder.path / "port"
    port = _bind(int(last.read_text(encoding="ascii"))) if last.exists() else None
    port = port or _bind(0)
    if port is None:
        raise EmbeddedServerError("no free port on 127.0.0.1")
    last.write_text(f"{port}\n", encoding="ascii")
    return port


def _bind(requested: int) -> int | None:
    """Return the port if it can be bound; 0 means any."""
    with socket.socket() as probe:
        # Like the servers themselves: lingering connections (TIME_WAIT) do not matter.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", requested))
        except OSError:
            return None
        port: int = probe.getsockname()[1]
        return port


def await_predecessor(folder: ServerFolder, stop_leftover: Callable[[], None]) -> int:
    """Wait until no process of an earlier server is left; return the held lock.

    After a kill -9 of the supervisor the earlier server is usually still writing its last checkpoint.

    :raises EmbeddedServerError: it does not end.
    """
    lock = locks.open_lock(folder.server_lock)
    if locks.try_exclusive(lock, timeout_seconds=PREDECESSOR_SECONDS):
        return lock
    stop_leftover()
    if locks.try_exclusive(lock, timeout_seconds=PREDECESSOR_STOP_SECONDS):
        return lock
    os.close(lock)
    raise EmbeddedServerError(f"An earlier server in {folder.path} is still running: please end it.")


def await_ready(process: ServerProcess, folder: ServerFolder, answers: Callable[[], bool]) -> None:
    """Wait for the first answer; stop the server if there is none.

    :raises EmbeddedServerError: with the end of the server's own log.
    """
    deadline = time.monotonic() + READY_TIMEOUT_SECONDS
    try:
        while not answers():
            if process.has_ended() or time.monotonic() > deadline:
                what = "ended at once" if process.has_ended() else "does not answer"
                raise EmbeddedServerError(f"the server {what}; its log ends with:\n{log_tail(folder)}")
            time.sleep(0.02)
    except BaseException:
        process.stop()
        raise


def log_tail(folder: ServerFolder, lines: int = 8) -> str:
    """Return the last lines of the server's log; empty if it never started."""
    if not folder.server_log.exists():
        return ""
    text = folder.server_log.read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.strip().splitlines()[-lines:])
