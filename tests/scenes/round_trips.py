"""How often this thread waits for Postgres: counted in the messages libpq itself traces, whatever code sent them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.pq import Trace

from ledgersafe.postgres.db import raw_connection


class RoundTrips:
    """The messages of a traced stretch. One round trip is one Query or Sync: then the server's answer is awaited."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    @property
    def number(self) -> int:
        """Round trips."""
        return sum(message in {"Query", "Sync"} for message in self.sent)


@contextmanager
def counted() -> Iterator[RoundTrips]:
    """Count the round trips of the connection this thread uses."""
    trips = RoundTrips()
    pgconn = raw_connection().pgconn
    with tempfile.TemporaryFile() as log:
        pgconn.trace(log.fileno())
        pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        try:
            yield trips
        finally:
            pgconn.untrace()
            log.seek(0)
            # Each line: direction (F: to the server), length, message, fields.
            lines = (line.split("\t") for line in log.read().decode(errors="replace").splitlines())
            trips.sent = [line[2] for line in lines if len(line) > 2 and line[0] == "F"]
