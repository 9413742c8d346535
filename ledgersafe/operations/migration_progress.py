"""Show the progress of `migrate` as one counting line instead of one line per migration."""

import sys
import time
from typing import Any, TextIO

_EVERY_SECONDS = 2.0


class MigrationProgress:
    """Counts applied migrations: in place on a terminal, else on a new line every two seconds."""

    def __init__(self, output: TextIO | None = None) -> None:
        self.output = output or sys.stdout
        self.total = 0
        self.done = 0
        self._printed_at = 0.0

    def begin(self, total: int) -> None:
        """Say how many migrations will be applied; nothing when there is nothing to do."""
        self.total = total
        if total:
            self._print(f"Migrating the database: {total} steps")

    def advance(self) -> None:
        """Count one migration, and show the count when it is time."""
        self.done += 1
        is_last = self.done == self.total
        if self.output.isatty():
            self.output.write(f"\r  {self.done} of {self.total}" + ("\n" if is_last else ""))
            self.output.flush()
        elif is_last or time.monotonic() - self._printed_at >= _EVERY_SECONDS:
            self._print(f"  {self.done} of {self.total}")

    def receive_plan(self, plan: Any = None, **_: Any) -> None:
        """Receive Django's `pre_migrate`, which is sent once per app with the whole plan."""
        if not self.total:
            self.begin(len(plan or ()))

    def _print(self, line: str) -> None:
        self.output.write(f"{line}\n")
        self.output.flush()
        self._printed_at = time.monotonic()
