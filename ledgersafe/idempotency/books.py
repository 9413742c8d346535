"""Identify the books this process uses: Redis' answers for other books, or before a restore, do not count."""

import time
from typing import Any, Final
from weakref import WeakKeyDictionary

import psycopg
from django.db import connection

from ledgersafe.postgres.db import raw_connection, retry_serialization

#: Seconds between queries: a pooler may connect us to another server.
_KNOWN_SECONDS: Final = 10.0
_known: Final[WeakKeyDictionary[psycopg.Connection[Any], tuple[float, str]]] = WeakKeyDictionary()


def identity() -> str:
    """Identify these books by server, time line and database; one statement every few seconds."""
    return retry_serialization(_identity)


def _identity() -> str:
    until, name = _known.get(raw_connection(), (0.0, ""))
    if time.monotonic() > until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT idempotency_books_v1()")
            name = str(cursor.fetchone()[0])
        _known[raw_connection()] = time.monotonic() + _KNOWN_SECONDS, name
    return name
