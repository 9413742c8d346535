"""Show or stop the servers of this checkout (`make clean`)."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import get_args

from ledgersafe.embedded import locks, records
from ledgersafe.embedded.errors import EmbeddedServerError
from ledgersafe.embedded.folders import Purpose, ServerFolder, ServerName, data_root
from ledgersafe.embedded.servers import homes

STOP_TIMEOUT_SECONDS = 90.0


def status() -> int:
    """Print one line per server; return 0."""
    for folder in _folders():
        state = records.read_state(folder) if _is_supervised(folder) else None
        what = f"port {state.port}, process {state.server_pid}, data {state.data}" if state else "not running"
        sys.stdout.write(f"{folder.purpose} {folder.server}: {what}\n")
    return 0


def stop() -> int:
    """Stop every server; return 0.

    :raises EmbeddedServerError: one does not stop.
    """
    for folder in _folders():
        _stop(folder)
    return 0


def remove() -> int:
    """Stop every server and delete its data, also outside the checkout; return 0."""
    stop()
    for folder in list(_folders()):
        homes.remove_outside(folder)
        shutil.rmtree(folder.path)
    # Only what is ours, and only if nothing else is in it: LEDGERSAFE_DATA_DIR may name any folder.
    for parent in (data_root() / "test", data_root()):
        with suppress(OSError):
            parent.rmdir()
    return 0


def _stop(folder: ServerFolder) -> None:
    """Signal the supervisor; its process id is right, because only the lock's holder writes it."""
    with locks.exclusively(folder.start_lock):
        supervisor = records.supervisor_of(folder)
        lock = locks.open_lock(folder.supervisor_lock)
        try:
            if locks.try_exclusive(lock):
                return
            if supervisor:
                os.kill(supervisor, signal.SIGTERM)
            if not locks.try_exclusive(lock, timeout_seconds=STOP_TIMEOUT_SECONDS):
                raise EmbeddedServerError(f"{folder.server} does not stop: see {folder.supervisor_log}")
        finally:
            os.close(lock)


def _is_supervised(folder: ServerFolder) -> bool:
    with locks.exclusively(folder.start_lock):
        claimed = locks.claim(folder.supervisor_lock)
        if claimed is not None:
            os.close(claimed)
        return claimed is None


def _folders() -> Iterator[ServerFolder]:
    for purpose in get_args(Purpose):
        for server in get_args(ServerName):
            folder = ServerFolder.for_server(server, purpose)
            if folder.supervisor_lock.exists():
                yield folder
