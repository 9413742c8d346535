"""Check every app's invariants in one read-only snapshot."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.core.cache import cache
from django.utils import timezone

import exceptions.checks
import ledger.checks.books
import ledger.checks.drawers
import ledger.checks.fx
import ledgersafe.audit.invariants
import ledgersafe.idempotency.invariants
import ledgersafe.tenants.invariants
import pos.checks.arrivals
from ledgersafe.postgres.db import read_only_snapshot
from ledgersafe.postgres.invariants import NAMED_ROWS, Finding, Invariant, Report, Snapshot, run
from ledgersafe.telemetry import metrics

logger = logging.getLogger(__name__)

_LAST: Final = "verify_books:last"
_REMEMBERED_SECONDS: Final = 30 * 86_400

INVARIANTS: Final[tuple[Invariant, ...]] = tuple(
    sorted(
        (
            *pos.checks.arrivals.INVARIANTS,
            *exceptions.checks.INVARIANTS,
            *ledger.checks.books.INVARIANTS,
            *ledger.checks.drawers.INVARIANTS,
            *ledger.checks.fx.INVARIANTS,
            *ledgersafe.tenants.invariants.INVARIANTS,
            *ledgersafe.audit.invariants.INVARIANTS,
            *ledgersafe.idempotency.invariants.INVARIANTS,
        ),
        key=lambda invariant: invariant.id,
    )
)


def verify(*, tenant_id: int | None = None, since: date | None = None) -> Report:
    """Check every invariant, of all tenants or one. Writes nothing."""
    with read_only_snapshot() as raw:
        return Report(list(findings(Snapshot(raw, tenant_id, since))))


def findings(snapshot: Snapshot, *, named_rows: int = NAMED_ROWS) -> Iterator[Finding]:
    """Check one invariant after the other. A run over all books sets the gauge `invariant_violations`.

    A run over a part of the books says nothing about the rest, so it leaves the gauge unchanged.
    """
    everything = snapshot.tenant_id is None and snapshot.since is None
    results = []
    for finding in run(INVARIANTS, snapshot, named_rows=named_rows):
        if everything:
            metrics.invariant_violations.labels(finding.invariant.id).set(finding.total)
        results.append(finding)
        yield finding
    if everything:
        _remember(results)


@dataclass(frozen=True, slots=True)
class LastCheck:
    """The last check of all books: when, how many invariants, and the ids of those that did not hold."""

    at: datetime
    checked: int
    broken: list[str]


def last_check() -> LastCheck | None:
    """Return the last check of all books by any process that shares the cache; None: unknown."""
    try:
        remembered = cache.get(_LAST)
    except Exception:  # whatever client the cache has
        logger.warning("The cache does not answer; the last check of the books is not known", exc_info=True)
        return None
    return LastCheck(*remembered) if remembered else None


def _remember(results: list[Finding]) -> None:
    """Share the result with other processes through the cache. Never fails a check."""
    broken = [finding.invariant.id for finding in results if finding.total]
    try:
        cache.set(_LAST, (timezone.now(), len(results), broken), _REMEMBERED_SECONDS)
    except Exception:
        logger.warning("The cache does not answer; the dashboard will not know of this check", exc_info=True)
