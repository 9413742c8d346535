"""Roof: every app's invariants in one list, checked in one read-only snapshot."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, Final

import psycopg
from django.db import connection, transaction

import exceptions.invariants
import ledger.invariants
import ledgersafe.tenants.invariants
import pos.invariants
from ledgersafe import metrics
from ledgersafe.db import raw_connection
from ledgersafe.invariants import NAMED_ROWS, Finding, Invariant, Report, Snapshot, run

INVARIANTS: Final[tuple[Invariant, ...]] = tuple(
    sorted(
        (
            *pos.invariants.INVARIANTS,
            *exceptions.invariants.INVARIANTS,
            *ledger.invariants.INVARIANTS,
            *ledgersafe.tenants.invariants.INVARIANTS,
        ),
        key=lambda invariant: invariant.id,
    )
)


def verify(*, tenant_id: int | None = None, since: date | None = None) -> Report:
    """Check every invariant, of all tenants or one. Nothing is written, whatever role runs it."""
    with read_only_snapshot() as raw:
        return Report(list(findings(Snapshot(raw, tenant_id, since))))


def findings(snapshot: Snapshot, *, named_rows: int = NAMED_ROWS) -> Iterator[Finding]:
    """Check one invariant after the other. What is found of all books feeds the gauge `invariant_violations`.

    A run that looks at a part of the books says nothing about the rest, and leaves the gauge alone.
    """
    everything = snapshot.tenant_id is None and snapshot.since is None
    for finding in run(INVARIANTS, snapshot, named_rows=named_rows):
        if everything:
            metrics.invariant_violations.labels(finding.invariant.id).set(finding.total)
        yield finding


@contextmanager
def read_only_snapshot() -> Iterator[psycopg.Connection[Any]]:
    """One transaction that sees one moment of the books, and can change nothing."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        yield raw_connection()
