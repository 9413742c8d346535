"""Compute charts: pure functions from numbers to SVG shapes, coloured by CSS classes, without script."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 100
#: Width of a bar, as a share of its column.
_BAR: Final = 0.76
#: Tops of a scale with round quarters.
_TOPS: Final = (4, 8, 12, 16, 20, 24, 32)


@dataclass(frozen=True, slots=True)
class Shape:
    """A piece of a bar, in chart units: a column is 1 wide, the chart 100 high."""

    kind: str
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Column:
    """A stacked bar with its tooltip."""

    shapes: Sequence[Shape]
    x: int
    text: str


@dataclass(frozen=True, slots=True)
class StackedBars:
    """A stacked bar chart: columns, and grid lines with their labels from the top."""

    columns: Sequence[Column]
    lines: Sequence[tuple[str, str]]
    width: int


def nice_maximum(highest: int) -> int:
    """Return the smallest round number ≥ `highest` with whole quarters: 4, 8, 12, … 32, 40, 80, …"""
    power = 1
    while True:
        for top in _TOPS:
            if top * power >= highest:
                return top * power
        power *= 10


def stacked(columns: Sequence[tuple[str, Mapping[str, int]]], kinds: Sequence[str]) -> StackedBars:
    """Stack bars of `(text, {kind: number})`, the first kind at the bottom."""
    top = nice_maximum(max((sum(numbers.values()) for _, numbers in columns), default=0))
    bars = []
    for place, (text, numbers) in enumerate(columns):
        shapes, filled = [], 0
        for kind in kinds:
            number = numbers.get(kind, 0)
            if number:
                filled += number
                shapes.append(_shape(kind, place, filled / top, number / top))
        bars.append(Column(shapes, place, text))
    lines = [(f"{HEIGHT - HEIGHT * part / 4:g}", _label(top * part / 4)) for part in (4, 3, 2, 1, 0)]
    return StackedBars(bars, lines, len(columns))


def shares(numbers: Sequence[int]) -> list[tuple[str, str]]:
    """Return (start, width) of each number in percent of the total."""
    whole, start, parts = sum(numbers) or 1, 0.0, []
    for number in numbers:
        width = 100 * number / whole
        parts.append((f"{start:.2f}", f"{width:.2f}"))
        start += width
    return parts


def _shape(kind: str, place: int, top: float, height: float) -> Shape:
    left = place + (1 - _BAR) / 2
    return Shape(kind, f"{left:.2f}", f"{HEIGHT * (1 - top):.3f}", f"{_BAR}", f"{HEIGHT * height:.3f}")


def _label(value: float) -> str:
    return f"{value / 1000:g}k" if value >= 10_000 else f"{value:,.0f}"
