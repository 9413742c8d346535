"""Rates from a CSV file: `pair,rate,valid_from`, every line that is wrong named by its number."""

import csv
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from ledger.fx.record_rates import NewRate
from ledger.fx.requests import rate_of
from ledgersafe.values.errors import DomainError

COLUMNS: Final = ("pair", "rate", "valid_from")
#: So many wrong lines are told; of the others, how many there are.
TOLD: Final = 20


class InvalidRateFile(DomainError):
    """The file cannot be imported; nothing of it was."""

    code = "INVALID_RATE_FILE"


def read_file(lines: Iterable[str], *, now: datetime) -> list[NewRate]:
    """The rates of a file, each pair and instant once. All of it is right, or it is refused. Pure.

    :param lines: a header with the three columns in any order, more columns are left alone; `valid_from` may be empty.
    :raises InvalidRateFile: names the lines that are wrong, the header being line 1.
    """
    rows = csv.DictReader(lines, strict=True)
    wrong: list[str] = []
    found: dict[tuple[str, datetime], tuple[NewRate, int]] = {}
    try:
        rows.fieldnames = _header(rows.fieldnames)
        for row in rows:
            read = rate_of(*(_cell(row.get(name)) for name in COLUMNS), now=now)
            if isinstance(read, NewRate):
                first, line = found.setdefault((read.pair, read.valid_from), (read, rows.line_num))
                if first.value != read.value:
                    wrong.append(f"line {rows.line_num}: another rate of {read.pair} than in line {line}")
            else:
                wrong += [f"line {rows.line_num}: {field} {message}" for field, message in read.items()]
    except csv.Error as error:
        wrong.append(f"line {rows.line_num}: {error}")
    if wrong:
        rest = [f"and {len(wrong) - TOLD} more"] if len(wrong) > TOLD else []
        raise InvalidRateFile("Nothing was imported. " + "; ".join(wrong[:TOLD] + rest) + ".")
    if not found:
        raise InvalidRateFile("There are no rates in the file.")
    return [rate for rate, _ in found.values()]


def _header(names: Iterable[str] | None) -> list[str]:
    """:raises InvalidRateFile: a column is missing."""
    found = [name.strip().lower().removeprefix("\ufeff") for name in names or ()]
    if not {"pair", "rate"} <= set(found):
        raise InvalidRateFile(f"The first line must name the columns {', '.join(COLUMNS)}.")
    return found


def _cell(text: str | list[str] | None) -> str | None:
    return text.strip() or None if isinstance(text, str) else None
