"""The run as a table for people, and as JSON for machines."""

import json
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.figures import Figure, Plan


def show(figures: Sequence[Figure], machine: Mapping[str, str], plan: Plan) -> None:
    """Print the table. Ratios decide; the dim column belongs to this machine and this moment."""
    console = Console()
    table = Table(title="Ledger-Safe: ratios measured in one run", title_justify="left")
    table.add_column("figure", ratio=1)
    table.add_column("target", justify="right", no_wrap=True)
    table.add_column("median", justify="right", no_wrap=True)
    table.add_column("min – max", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("medians on this machine", style="dim")
    for figure in figures:
        spread = f"{min(figure.ratios):.2f} – {max(figure.ratios):.2f}" if len(figure.ratios) > 1 else "once"
        table.add_row(
            figure.title,
            str(figure.target or ""),
            f"[bold]{figure.median:.2f} ×[/]",
            spread,
            _verdict(figure),
            _absolute(figure),
        )
    console.print(table)
    if pages := [figure for figure in figures if figure.name == "pages"]:
        worst = max(pages, key=lambda figure: figure.median)
        console.print(f"worst page: {worst.title}: {worst.median:.2f} × ({_absolute(worst)})")
    console.print(f"[dim]rounds: {plan.rounds} of {plan.seconds:g} s per contestant, interleaved[/]")
    for label, text in machine.items():
        console.print(f"[dim]{label}: {text}[/]", highlight=False, soft_wrap=True)


def write(path: Path, figures: Sequence[Figure], machine: Mapping[str, str], plan: Plan) -> None:
    """Everything measured, every round of it."""
    run = {
        "machine": dict(machine),
        "rounds": plan.rounds,
        "seconds": plan.seconds,
        "figures": [figure.as_dict() for figure in figures],
    }
    path.write_text(json.dumps(run, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _verdict(figure: Figure) -> str:
    if figure.target is None and not figure.missed:
        return ""
    return "[green]✓[/]" if figure.is_met else "[red]✗[/]"


def _absolute(figure: Figure) -> str:
    parts = [f"{name} {_short(statistics.median(values))}" for name, values in figure.absolute.items()]
    text = f"{' · '.join(parts)} {figure.unit}" + (f" ({figure.note})" if figure.note else "")
    return text + (f" [red]{figure.missed}[/]" if figure.missed else "")


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"
