"""Write tables of text as CSV, JSON and HTML, piece by piece. Pure."""

import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice
from typing import Final

import orjson

from ledgersafe.values.csv_text import csv_lines

Row = tuple[str, ...]
#: A writer: yields the file's head, then a piece for every batch of rows sent to it, then its end for an empty batch.
Pieces = Generator[bytes, list[Row], None]
#: The page to print.
PAGE: Final = "pack.html"
_BATCH: Final = 500
_MONEY: Final = ("debit", "credit", "amount")
_MARKUP: Final = re.compile(r"""[&<>"']""")

_STYLE: Final = """
body{font:14px/1.45 system-ui,sans-serif;color:#111;background:#fff;margin:2rem}
h1{font-size:1.4rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}dt{color:#555}dd{margin:0}
table{border-collapse:collapse;width:100%;font-size:12px}
th,td{border:1px solid #bbb;padding:.2rem .4rem;text-align:left;
vertical-align:top;overflow-wrap:break-word}th{background:#eee}.money{text-align:right;font-variant-numeric:tabular-nums;
white-space:nowrap}.box{overflow-x:auto}
@media screen{table{min-width:80rem}}
@media print{body{margin:0;font-size:10px}table{font-size:8px}thead{display:table-header-group}tr{break-inside:avoid}
.box{overflow:visible}@page{size:A4 landscape;margin:12mm}}
""".strip()


@dataclass(frozen=True, slots=True)
class Table:
    """A table; `rows()` reads it from the beginning, any number of times."""

    title: str
    columns: Sequence[str]
    rows: Callable[[], Iterable[Row]]


def files(facts: Mapping[str, str], tables: Mapping[str, Table], names: Collection[str]) -> Iterator[tuple[str, bytes]]:
    """Write the named files as (name, piece) pairs; every table is read once for all of them.

    `<table>.csv`: RFC 4180 in UTF-8, the columns' names, then the rows. `<table>.json`: one object, the day's facts and
    `rows` with a line each, amounts as decimal text. `pack.html`: one page to print with all tables, without scripts
    and without anything from elsewhere.
    """
    page = PAGE in names
    if page:
        yield PAGE, _page_head(facts)
    for name, table in tables.items():
        writers = {f"{name}.csv": _csv_pieces(table), f"{name}.json": _json_pieces(facts, table)}
        if page:
            writers |= {PAGE: _html_pieces(table)}
        pieces = {file: writer for file, writer in writers.items() if file in names}
        for file, writer in pieces.items():
            yield file, next(writer)
        for rows in _batches(table.rows()) if pieces else ():
            for file, writer in pieces.items():
                yield file, writer.send(rows)
        for file, writer in pieces.items():
            yield file, writer.send([])
    if page:
        yield PAGE, b"</body></html>\n"


def _csv_pieces(table: Table) -> Pieces:
    rows = yield csv_lines([table.columns])
    while rows:
        rows = yield csv_lines(rows)
    yield b""


def _json_pieces(facts: Mapping[str, str], table: Table) -> Pieces:
    rows = yield orjson.dumps(dict(facts))[:-1] + b',"rows":['
    separator = b"\n"
    while rows:
        piece = [orjson.dumps(dict(zip(table.columns, row, strict=True))) for row in rows]
        rows = yield separator + b",\n".join(piece)
        separator = b",\n"
    yield b"\n]}\n"


def _html_pieces(table: Table) -> Pieces:
    heads = "".join(f'<th scope="col"{_kind(name)}>{_words(name)}</th>' for name in table.columns)
    kinds = [_kind(name) for name in table.columns]
    rows = yield f'<h2>{table.title}</h2>\n<div class="box"><table><thead><tr>{heads}</tr></thead><tbody>\n'.encode()
    while rows:
        rows = yield "".join(_html_row(kinds, row) for row in rows).encode()
    yield b"</tbody></table></div>\n"


def _page_head(facts: Mapping[str, str]) -> bytes:
    title = escape(f"{facts['tenant_id']}: business day {facts['date']}")
    definitions = "".join(f"<dt>{_words(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items() if value)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n'
        f"<body><h1>{title}</h1>\n<dl>{definitions}</dl>\n"
    ).encode()


def _html_row(kinds: Sequence[str], row: Row) -> str:
    if _MARKUP.search("".join(row)):  # one search a row: hardly any row has markup, and a day has millions of cells
        row = tuple(escape(text) for text in row)
    cells = "".join(f"<td{kind}>{text}</td>" for kind, text in zip(kinds, row, strict=True))
    return f"<tr>{cells}</tr>\n"


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, _BATCH)):
        yield batch


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _kind(name: str) -> str:
    return ' class="money"' if any(word in name for word in _MONEY) else ""
