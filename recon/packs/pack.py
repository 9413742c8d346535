"""The accountant pack's files: contents in pieces, fingerprints, names as a browser saves them.

Made of sealed data alone: the day's journals, the balances at its end, and what the close has kept. No clock and no
chance order, so that a pack made again is the same byte for byte, also when the day was reopened and went on. Files
stream, so that memory does not grow with the day.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from ledgersafe.values.errors import NotFound
from recon.models import DayClose
from recon.packs import formats
from recon.packs.close_sql import instant
from recon.packs.tables import TABLES, table_names

#: Every file of the newest layout, by name.
NAMES: Final = (*(f"{table}.{kind}" for table in TABLES for kind in ("csv", "json")), formats.PAGE)
MEDIA_TYPES: Final = {"csv": "text/csv; charset=utf-8", "json": "application/json", "html": "text/html; charset=utf-8"}


def media_type(name: str) -> str:
    """The Content-Type of a file, by its extension. :raises KeyError: it is no name of a pack's file."""
    return MEDIA_TYPES[name.rpartition(".")[2]]


def file_name(close: DayClose, name: str) -> str:
    """The name under which a browser saves a file: tenant, day, issue from the second on, name."""
    issue = f"-issue-{close.revision}" if close.revision > 1 else ""
    return f"{close.tenant.slug}-{close.business_date}{issue}-{name}"


def names_of(close: DayClose) -> tuple[str, ...]:
    """Names of the files in this close's pack, as its layout has them."""
    return (*(f"{table}.{kind}" for table in table_names(close) for kind in ("csv", "json")), formats.PAGE)


def content(close: DayClose, name: str) -> Iterator[bytes]:
    """One file of the pack, in pieces. :raises NotFound: the pack has no file of this name."""
    names = names_of(close)
    if name not in names:
        raise NotFound(f"The pack has no such file; there are {', '.join(names)}.")
    return (piece for _, piece in _pieces(close, {name}))


def fingerprints(close: DayClose) -> dict[str, str]:
    """SHA-256 of every file, in hexadecimal, by name. One pass: every table is read once for all files."""
    digests = {name: hashlib.sha256() for name in sorted(names_of(close))}
    for name, piece in _pieces(close, digests):
        digests[name].update(piece)
    return {name: digest.hexdigest() for name, digest in digests.items()}


def fingerprint_of(files: dict[str, str]) -> str:
    """One SHA-256 for the whole pack: of the lines `sha256sum` would print, sorted by file name."""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(files.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


def write(close: DayClose, folder: Path) -> None:
    """Write every file into an existing folder, in one pass. :raises OSError: it cannot be written."""
    with ExitStack() as stack:
        files = {name: stack.enter_context((folder / name).open("wb")) for name in names_of(close)}
        for name, piece in _pieces(close, files):
            files[name].write(piece)


def _pieces(close: DayClose, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
    tables = {name: TABLES[name](close) for name in table_names(close)}
    return formats.files(_facts(close), tables, names)


def _facts(close: DayClose) -> dict[str, str]:
    """The head of every JSON file and of the page. Layout 1 had no issue number."""
    facts = {
        "tenant_id": close.tenant.slug,
        "date": close.business_date.isoformat(),
        "starts_at": instant(close.period.starts_at),
        "ends_at": instant(close.period.ends_at),
        "closed_at": instant(close.closed_at),
        "closed_by": close.actor,
        "closed_with_open_exceptions": str(close.open_exceptions),
        "notes": close.notes,
    }
    return facts | {"issue": str(close.revision)} if close.layout > 1 else facts
