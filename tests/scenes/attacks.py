"""Raw SQL as an attacker with the owner's rights would write it, and what Postgres says."""

from typing import Any

import psycopg
import pytest

from tests.conftest import Shop

JOURNAL = """
INSERT INTO journals (id, tenant_id, business_date, occurred_at, kind, source, source_key, revision, reverses_id,
                      posting_count, rules_version)
VALUES (%(id)s, %(tenant)s, %(day)s, now(), 'SALE', 'event', %(key)s, %(revision)s, %(reverses)s, %(count)s, 1)
"""
POSTING = """
INSERT INTO postings (tenant_id, journal_id, line_no, account_id, business_date, currency, amount_minor)
VALUES (%(tenant)s, %(id)s, %(line)s, %(account)s, %(day)s, %(currency)s, %(amount)s)
"""

Raw = psycopg.Connection[Any]
Lines = list[tuple[int, int]]


class Attacker:
    """Writes journals past the product, on an open connection."""

    def __init__(self, raw: Raw, shop: Shop) -> None:
        self.raw = raw
        self.shop = shop
        roles: Any = shop.rows("SELECT role, id FROM accounts WHERE tenant_id = %s")
        self.accounts: dict[str, int] = dict(roles)

    def fields(self, **changes: Any) -> dict[str, Any]:
        row = self.raw.execute("SELECT nextval('journals_id_seq')").fetchone()
        assert row is not None
        base = {
            "id": row[0],
            "tenant": self.shop.tenant.id,
            "day": "2026-02-25",
            "key": f"attack-{row[0]}",
            "revision": 1,
            "reverses": None,
            "count": 2,
            "currency": "USD",
        }
        return base | changes

    def journal(self, **changes: Any) -> dict[str, Any]:
        """Insert a journal alone; answers its fields for `postings`."""
        fields = self.fields(**changes)
        self.raw.execute(JOURNAL, fields)
        return fields

    def postings(self, fields: dict[str, Any], lines: Lines) -> None:
        """Insert all lines (account id, amount) in one statement, as the guard demands."""
        values = [
            fields | {"line": n, "account": account, "amount": amount} for n, (account, amount) in enumerate(lines, 1)
        ]
        self.each_alone(POSTING, values) if len(values) == 1 else self.together(values)

    def together(self, values: list[dict[str, Any]]) -> None:
        """One INSERT of several rows."""
        row = "(%s, %s, %s, %s, %s, %s, %s)"
        names = ("tenant", "id", "line", "account", "day", "currency", "amount")
        head = POSTING.split("VALUES")[0]
        self.raw.execute(
            (head + "VALUES " + ", ".join([row] * len(values))).encode(),
            [value[name] for value in values for name in names],
        )

    def each_alone(self, statement: str, values: list[dict[str, Any]]) -> None:
        """One INSERT per row."""
        for value in values:
            self.raw.execute(statement.encode(), value)

    def balanced(self) -> Lines:
        """Two good lines."""
        return [(self.accounts["DRAWER"], 100), (self.accounts["SALES"], -100)]

    def mirror_of(self, journal: int) -> Lines:
        """The lines that undo a journal."""
        return self.shop.rows(
            "SELECT account_id, -amount_minor FROM postings WHERE tenant_id = %s AND journal_id = %s", journal
        )


def assert_refused_by(constraint: str) -> Any:
    """A block that Postgres must refuse with 23514 (or 23505 for a unique index) and this constraint name."""
    return _Refused(constraint)


class _Refused:
    def __init__(self, constraint: str) -> None:
        self.constraint = constraint
        self.raises = pytest.raises(psycopg.errors.IntegrityError)

    def __enter__(self) -> None:
        self.caught = self.raises.__enter__()

    def __exit__(self, *exc: Any) -> bool:
        handled = self.raises.__exit__(*exc)
        assert self.caught.value.diag.constraint_name == self.constraint
        assert self.caught.value.sqlstate in {"23514", "23505"}
        return bool(handled)
