"""The accountant pack of a closed day: nine files, reproducible byte for byte.

In: a `DayClose` and what is sealed with it. Out: files in pieces, and their SHA-256. Nothing here writes to the
database or needs a transaction; `closing.issue` puts the fingerprints on record.

`pack` has the files, `tables` their titles and columns, `book_rows` and `rows` read them (through `close_sql`),
`formats` writes CSV, JSON and HTML.
"""

from recon.packs.pack import (
    MEDIA_TYPES,
    NAMES,
    content,
    file_name,
    fingerprint_of,
    fingerprints,
    media_type,
    names_of,
    write,
)
from recon.packs.tables import LAYOUT

__all__ = [
    "LAYOUT",
    "MEDIA_TYPES",
    "NAMES",
    "content",
    "file_name",
    "fingerprint_of",
    "fingerprints",
    "media_type",
    "names_of",
    "write",
]
