"""Operating-system locks (flock): the kernel frees them however their holder dies, so none is ever stale.

A lock belongs to the open file, not to the process: an inherited descriptor keeps it held. The code below relies on
that.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.02


def open_lock(path: Path) -> int:
    """Open the lock file, and create it if absent; not inherited by child processes."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_exclusive(descriptor: int, *, timeout_seconds: float = 0) -> bool:
    """Take the lock exclusively; False if others still hold it after `timeout_seconds`."""
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)
        else:
            return True


def hold_shared(descriptor: int) -> None:
    """Take the lock shared; wait while somebody holds it exclusively."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def release(descriptor: int) -> None:
    """Release the lock and keep the descriptor."""
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def claim(path: Path) -> int | None:
    """Return the descriptor of a lock now held exclusively, or None if somebody else holds it."""
    descriptor = open_lock(path)
    if try_exclusive(descriptor):
        return descriptor
    os.close(descriptor)
    return None


@contextmanager
def exclusively(path: Path) -> Iterator[None]:
    """Hold the lock exclusively for the block."""
    descriptor = open_lock(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
