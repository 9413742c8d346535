"""Bytes that all connections of a worker share."""

import threading


class Budget:
    """So many bytes may be kept at a time. Threads and loop draw on it alike."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._lock = threading.Lock()

    @property
    def is_overdrawn(self) -> bool:
        return self._left < 0

    def take(self, size: int) -> int:
        """Draw so many bytes. :returns: what is left; below zero, somebody must give back."""
        with self._lock:
            self._left -= size
            return self._left

    def give_back(self, size: int) -> None:
        with self._lock:
            self._left += size
