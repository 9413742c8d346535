"""What the run is doing, on stderr. Drawn only between measurements: a thread of its own would disturb them."""

from types import TracebackType

from rich import progress
from rich.console import Console


class Progress:
    """A line: what is being measured, how far the run is, and how long it takes yet."""

    def __init__(self, steps: int) -> None:
        self._bar = progress.Progress(
            progress.TextColumn("{task.description:<46}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TimeElapsedColumn(),
            console=Console(stderr=True),
            auto_refresh=False,
            transient=True,
        )
        self._task = self._bar.add_task("starting", total=steps)

    def __enter__(self) -> "Progress":
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def say(self, what: str) -> None:
        """What comes next."""
        self._bar.update(self._task, description=what, refresh=True)

    def advance(self) -> None:
        """One step is done."""
        self._bar.advance(self._task)
        self._bar.refresh()
