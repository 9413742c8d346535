"""Check that the books of tests' tenants keep every invariant: of one at once, or of many in one go.

Statements of invariants plan far longer than they run, so forty tenants cost little more than one. A violation found
later names the test whose tenant it is in.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ledgersafe.operations import verification
from ledgersafe.postgres.db import read_only_snapshot
from ledgersafe.postgres.invariants import Finding, Snapshot, run

BATCH: Final = 40
#: Checked per tenant, right after its test: they read the chain of one tenant, a file of anchors that only this test
#: has, or answers in Redis that expire.
AT_ONCE: Final = frozenset({"I29", "I30", "I39"})
_OF_TENANT: Final = re.compile(r"%\(tenant\)s IN \(0, ([\w.]+)\)")


@dataclass(slots=True)
class SeveralTenants(Snapshot):
    """A snapshot of several tenants: each statement's bound on one tenant becomes a bound on these."""

    tenants: tuple[int, ...] = ()

    def rows(self, statement: str, **parameters: Any) -> Iterator[tuple[Any, ...]]:
        bounded = _OF_TENANT.sub(r"\1 = ANY(%(tenants)s::bigint[])", statement)
        assert "%(tenant)s" not in bounded, f"add its invariant to AT_ONCE: {statement}"
        # Explicitly the parent's: a dataclass with slots is another class than the one that `super()` would see.
        return Snapshot.rows(self, bounded, **{"tenants": list(self.tenants)} | parameters)


@dataclass(slots=True)
class BooksToCheck:
    """Tenants whose tests are over, by id, with the test's name; checked when `BATCH` of them have come together."""

    tests: dict[int, str] = field(default_factory=dict)

    def add(self, tenant_id: int, test: str) -> None:
        """Check what cannot wait, and the rest when enough tenants wait. :raises AssertionError: books do not hold."""
        assert_books_clean(tenant_id, only=AT_ONCE)
        self.tests[tenant_id] = test
        if len(self.tests) >= BATCH:
            self.check()

    def check(self) -> None:
        """Check all that wait. :raises AssertionError: naming each test whose tenant's books do not hold."""
        tests, self.tests = self.tests, {}
        if not tests:
            return
        with read_only_snapshot() as raw:
            broken = broken_of_several(raw, tests)
        flaws = []
        for tenant_id, test in tests.items() if broken else ():
            try:
                assert_books_clean(tenant_id)
            except AssertionError as error:
                flaws.append(f"{test}: {error}")
        assert not broken, "\n".join(flaws) or f"found of several tenants, and of none alone: {_in_words(broken)}"


def broken_of_several(raw: Any, tenants: Iterable[int]) -> list[Finding]:
    """Findings of these tenants' books, but for invariants `AT_ONCE`."""
    invariants = [one for one in verification.INVARIANTS if one.id not in AT_ONCE]
    snapshot = SeveralTenants(raw, tenants=tuple(tenants))
    return [finding for finding in run(invariants, snapshot) if finding.total]


def assert_books_clean(tenant_id: int, *, only: frozenset[str] = frozenset()) -> None:
    """Fail, naming every violating row, when an invariant (of `only`, or any) does not hold for this tenant."""
    invariants = [one for one in verification.INVARIANTS if not only or one.id in only]
    with read_only_snapshot() as raw:
        broken = [finding for finding in run(invariants, Snapshot(raw, tenant_id)) if finding.total]
    assert not broken, "\n".join(["The books do not hold:", *_in_words(broken)])


def _in_words(findings: Iterable[Finding]) -> list[str]:
    return [
        f"{finding.invariant.id} ({finding.total} rows): {row.table} {row.row} {row.message}"
        for finding in findings
        for row in finding.named
    ]
