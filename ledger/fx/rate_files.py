"""Read rates from a CSV file: `pair,rate,valid_from`; every invalid line is named by its number."""

import csv
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from ledger.fx.record_rates import NewRate
from ledger.fx.requests import rate_of
from ledgersafe.values.errors import DomainError

COLUMNS: Final = ("pair", "rate", "valid_from")
#: The message names so many problems, and counts the others.
MAX_PROBLEMS: Final = 20


class InvalidRateFile(DomainError):
    """The file cannot be imported; nothing was imported."""

    code = "INVALID_RATE_FILE"


def read_file(lines: Iterable[str], *, now: datetime) -> list[NewRate]:
    """Read the rates of a file, each pair and instant once; the file is valid as a whole, or refused. Pure.

    :param lines: a header with the three columns in any order (others are ignored), then rates; `valid_from` may be
        empty, which means now.
    :raises InvalidRateFile: names the invalid lines; the header is line 1.
    """
    rows = csv.DictReader(lines, strict=True)
    problems: list[str] = []
    rates: dict[tuple[str, datetime], tuple[NewRate, int]] = {}
    try:
        rows.fieldnames = _header(rows.fieldnames)
        for row in rows:
            rate = rate_of(*(_cell(row.get(name)) for name in COLUMNS), now=now)
            if isinstance(rate, NewRate):
                first, line = rates.setdefault((rate.pair, rate.valid_from), (rate, rows.line_num))
                if first.value != rate.value:
                    problems.append(f"line {rows.line_num}: another rate of {rate.pair} than in line {line}")
            else:
                problems += [f"line {rows.line_num}: {field} {message}" for field, message in rate.items()]
    except csv.Error as error:
        problems.append(f"line {rows.line_num}: {error}")
    if problems:
        rest = [f"and {len(problems) - MAX_PROBLEMS} more"] if len(problems) > MAX_PROBLEMS else []
        raise InvalidRateFile("Nothing was imported. " + "; ".join(problems[:MAX_PROBLEMS] + rest) + ".")
    if not rates:
        raise InvalidRateFile("There are no rates in the file.")
    return [rate for rate, _ in rates.values()]


def _header(names: Iterable[str] | None) -> list[str]:
    """Read the names of the columns. :raises InvalidRateFile: one is missing."""
    columns = [name.strip().lower().removeprefix("\ufeff") for name in names or ()]
    if not {"pair", "rate"} <= set(columns):
        raise InvalidRateFile(f"The first line must name the columns {', '.join(COLUMNS)}.")
    return columns


def _cell(text: str | list[str] | None) -> str | None:
    return text.strip() or None if isinstance(text, str) else None
