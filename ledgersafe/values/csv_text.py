"""Write CSV that a spreadsheet opens as text and numbers, and never runs as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from django.http import StreamingHttpResponse

#: Numbers are written digit by digit; everything else is text.
CsvCell: TypeAlias = str | int | Decimal | None
#: First characters that make a spreadsheet run a cell as a formula (OWASP: CSV injection).
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe_cell(text: str) -> str:
    """Quote a text that a spreadsheet would run as a formula."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def csv_lines(rows: Iterable[Sequence[CsvCell]]) -> bytes:
    """Write rows as CSV (RFC 4180, UTF-8). Negative numbers stay numbers; None is an empty cell."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def csv_response(lines: Iterable[bytes], name: str) -> StreamingHttpResponse:
    """Answer a CSV file for download, uncached. `name` must be letters, digits, dots and dashes."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store, private"}
    return StreamingHttpResponse(lines, content_type="text/csv", headers=headers)


def _cell(cell: CsvCell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return safe_cell(cell)
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)
