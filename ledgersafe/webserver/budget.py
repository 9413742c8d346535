"""A budget of bytes that all connections of a worker share."""

import threading


class Budget:
    """Bytes that may be kept at a time, by the threads and the loop together."""

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._lock = threading.Lock()

    @property
    def is_overdrawn(self) -> bool:
        """Tell whether more was drawn than there is."""
        return self._left < 0

    def take(self, size: int) -> int:
        """Draw bytes. Return what is left; below zero, somebody must give back."""
        with self._lock:
            self._left -= size
            return self._left

    def give_back(self, size: int) -> None:
        """Return bytes."""
        with self._lock:
            self._left += size
