"""The frame of all invariants: sentences that hold at every commit, and how each is checked.

A check is a function from a `Snapshot` to the rows that break its sentence. Most are one SQL statement. An app
declares its own in `invariants.py`; `ledgersafe.operations.verification` gathers and runs them.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, Final, NamedTuple, TypeAlias

import psycopg

#: Violating rows named per invariant by default; the rest is only counted.
NAMED_ROWS: Final = 20
_TELL_EVERY: Final = 500
#: Rows fetched together; one row can hold a body of a megabyte.
_CHUNK: Final = 32 if psycopg.capabilities.has_stream_chunked() else 1


class Violation(NamedTuple):
    """A row that breaks an invariant, in the order in which a check's statement selects it."""

    tenant_id: int | None  # None: of the database, not of one tenant's rows
    table: str
    row: str
    message: str


@dataclass(slots=True)
class Snapshot:
    """The bounds of a check: one transaction, one tenant or all, everything or only rows since a day.

    Statements name the bounds as parameters: `%(tenant)s IN (0, x.tenant_id)` and `x.business_date >= %(since)s::date`.
    Postgres removes both conditions from the plan when they do not restrict anything.
    """

    connection: psycopg.Connection[Any]
    tenant_id: int | None = None
    since: date | None = None
    #: Called every `_TELL_EVERY` rows with the number of rows read so far.
    on_rows: Callable[[int], None] | None = None

    def rows(self, statement: str, **parameters: Any) -> Iterator[tuple[Any, ...]]:
        """Stream the rows of one statement: memory does not grow with the books."""
        bounds = {"tenant": self.tenant_id or 0, "since": str(self.since or "-infinity")}
        cursor: psycopg.Cursor[tuple[Any, ...]] = psycopg.Cursor(self.connection)
        for number, row in enumerate(cursor.stream(statement.encode(), bounds | parameters, size=_CHUNK), 1):
            if number % _TELL_EVERY == 0 and self.on_rows is not None:
                self.on_rows(number)
            yield row


Check: TypeAlias = Callable[[Snapshot], Iterable[Violation]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """A sentence of docs/invariants.md, by its id there."""

    id: str
    sentence: str
    check: Check


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `named` are the first of `total` violating rows."""

    invariant: Invariant
    named: tuple[Violation, ...]
    total: int
    seconds: float


@dataclass(slots=True)
class Report:
    """The result of one run: one finding per invariant."""

    findings: list[Finding] = field(default_factory=list)

    @property
    def checked(self) -> int:
        """Number of invariants checked."""
        return len(self.findings)

    @property
    def broken(self) -> list[Finding]:
        """Findings of the invariants that do not hold."""
        return [finding for finding in self.findings if finding.total]

    @property
    def violation_count(self) -> int:
        """Violating rows of all invariants together."""
        return sum(finding.total for finding in self.findings)


def by_sql(*statements: str, **parameters: Any) -> Check:
    """Make a check of statements that select tenant id, table, row and message of each violation."""

    def check(snapshot: Snapshot) -> Iterator[Violation]:
        for statement in statements:
            yield from map(Violation._make, snapshot.rows(statement, **parameters))

    return check


def run(invariants: Iterable[Invariant], snapshot: Snapshot, *, named_rows: int = NAMED_ROWS) -> Iterator[Finding]:
    """Check each invariant on the snapshot. Memory is bounded by `named_rows`."""
    for invariant in invariants:
        started = time.perf_counter()
        violations = iter(invariant.check(snapshot))
        named = tuple(islice(violations, named_rows))
        rest = sum(1 for _ in violations)
        yield Finding(invariant, named, len(named) + rest, time.perf_counter() - started)
