"""Print a simulated day in the terminal: events, answers, checks."""

from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from ledgersafe.simulation.day_run import Run
from ledgersafe.simulation.events import Day, SentEvent
from ledgersafe.simulation.judgement import Check
from ledgersafe.simulation.shape import Shape


def counting(bar: Progress, arrivals: Sequence[SentEvent]) -> Callable[[int], None]:
    """Add a task to the progress bar; return its advance function."""
    task = bar.add_task("sending", total=len(arrivals))
    return lambda number: bar.advance(task, number)


class DayStory:
    """Prints the day, and remembers failed checks."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.failures: list[str] = []

    def progress(self) -> Progress:
        """Show progress of sending, on a terminal only."""
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TaskProgressColumn())
        quiet = not self.console.is_terminal
        return Progress(*columns, TimeElapsedColumn(), console=self.console, transient=True, disable=quiet)

    def chapter(self, title: str) -> None:
        """Print a heading."""
        self.console.print()
        self.console.rule(f"[bold]{title}[/bold]", align="left")

    def say(self, text: str) -> None:
        """Print a line."""
        self.console.print(text)

    def check(self, check: Check) -> None:
        """Print a check; a failed one in red, and the command fails."""
        if check.actual == check.expected:
            self.console.print(f"[green]✓[/green] {check.what}: {check.actual or 0}")
        else:
            self.failures.append(check.what)
            self.console.print(f"[bold red]✗ {check.what}: {check.actual!r}, not {check.expected!r}[/bold red]")

    def day(self, shape: Shape, day: Day) -> None:
        """Print what will happen."""
        kinds: dict[str, int] = {}
        for sent in day.events:
            kinds[sent.fields["event_type"]] = kinds.get(sent.fields["event_type"], 0) + 1
        table = Table("What", "Events", title=_title(shape))
        for kind, number in sorted(kinds.items(), key=lambda item: -item[1]):
            table.add_row(kind, f"{number:,}")
        table.add_row("versions sent by mistake", f"{len(day.mistakes):,}")
        table.add_row("totals that do not add up", f"{len(day.doubtful):,}")
        self.console.print(table)

    def answers(self, run: Run) -> None:
        """Print the answers to the batches, and the rate."""
        table = Table("Status", "Reason", "Events", title=f"Answers of /v1/events/batch, tenant {run.tenant.slug}")
        for (status, reason), number in sorted(run.sent.answers.items()):
            table.add_row(str(status), reason, f"{number:,}")
        self.console.print(table)
        rate = f"{run.sent.per_second:,.0f} events per second"
        self.console.print(f"{run.sent.events:,} events in {run.sent.seconds:.1f} s: {rate}.")

    def compare(self, runs: Sequence[Run]) -> None:
        """Check that both runs ended in the same books."""
        self.chapter("The books")
        for run in runs:
            self.console.print(f"{run.fingerprint}  {run.tenant.slug}, {run.order}")
        if len(runs) > 1:
            self.check(Check("different books", len({run.fingerprint for run in runs}), 1))


def _title(shape: Shape) -> str:
    return f"{shape.stores} stores with {shape.registers} registers, seed {shape.seed}"
