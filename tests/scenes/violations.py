"""Planting violations: past every guard, as the owner, in a transaction that is never committed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

from ledgersafe.operations.verification import INVARIANTS
from ledgersafe.postgres.invariants import Snapshot, Violation, run
from tests.books import AT_ONCE, broken_of_several
from tests.conftest import Shop

_GUARDED = """
SELECT tgrelid::regclass::text, tgname, tgenabled::text FROM pg_trigger
JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal AND c.relnamespace = 'public'::regnamespace
"""
_JOURNAL = """
INSERT INTO journals (id, tenant_id, business_date, occurred_at, kind, source, source_key, revision, reverses_id,
                      posting_count, rules_version)
VALUES (nextval('journals_id_seq'), %(tenant)s, '2026-02-25', now(), 'SALE', %(source)s, %(key)s, %(revision)s,
        %(reverses)s, %(count)s, 1)
RETURNING id
"""
_POSTING = """
INSERT INTO postings (tenant_id, journal_id, line_no, account_id, business_date, currency, amount_minor)
SELECT tenant_id, %(journal)s, %(line)s, id, '2026-02-25', %(currency)s, %(amount)s
FROM accounts WHERE tenant_id = %(tenant)s AND role = %(role)s
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """A shop's books in the owner's open transaction."""

    raw: psycopg.Connection[Any]
    shop: Shop

    def plant(self, statement: str, **parameters: Any) -> str:
        """Run it with every guard off and on again. :returns: the first column of its first row, as text."""
        with self._guards_off():
            return self._run(statement, **parameters)

    def journal(self, *lines: tuple[str, int], currency: str = "USD", **changes: Any) -> str:
        """Write a journal of (account role, amount) lines; its cause is `planted` unless said otherwise."""
        fields = {"source": "planted", "key": f"k{hash(lines)}", "revision": 1, "reverses": None, "count": len(lines)}
        with self._guards_off():
            journal = self._run(_JOURNAL, **(fields | changes))
            for number, (role, amount) in enumerate(lines, 1):
                self._run(_POSTING, journal=journal, line=number, role=role, amount=amount, currency=currency)
        return journal

    def broken(self) -> dict[str, list[Violation]]:
        """Find what breaks, planted rows included; the check of several tenants at once finds as much."""
        findings = run(INVARIANTS, Snapshot(self.raw, self.shop.tenant.id))
        broken = {finding.invariant.id: list(finding.named) for finding in findings if finding.total}
        several = {id_: sorted(rows) for id_, rows in broken.items() if id_ not in AT_ONCE}
        assert self.broken_of_several() == several
        return broken

    def broken_of_several(self) -> dict[str, list[Violation]]:
        """The same as tests' books are checked, without invariants that are checked one tenant at a time."""
        findings = broken_of_several(self.raw, [self.shop.tenant.id])
        return {finding.invariant.id: sorted(finding.named) for finding in findings}

    def assert_broken(self, invariant: str, table: str, row: str, *, implied: str = "") -> None:
        """Exactly this invariant is reported (and what it implies), and it names the row."""
        broken = self.broken()
        assert set(broken) == {invariant, *implied.split()}, broken
        assert (table, row) in {(violation.table, violation.row) for violation in broken[invariant]}

    def _run(self, statement: str, **parameters: Any) -> str:
        cursor = self.raw.execute(statement.encode(), {"tenant": self.shop.tenant.id} | parameters)
        row = cursor.fetchone() if cursor.description else None
        return str(row[0]) if row else ""

    @contextmanager
    def _guards_off(self) -> Iterator[None]:
        guards = self.raw.execute(_GUARDED).fetchall()
        for table, name, _ in guards:
            self.raw.execute(f"ALTER TABLE {table} DISABLE TRIGGER {name}".encode())
        yield
        # Django's foreign keys are deferred: checked now, or no table could be altered again.
        self.raw.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table, name, enabled in guards:
            how = "ENABLE ALWAYS" if enabled == "A" else "ENABLE"
            self.raw.execute(f"ALTER TABLE {table} {how} TRIGGER {name}".encode())
