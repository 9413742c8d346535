"""Run as a program of its own, as the owner, on one of our databases: fills the books of a tenant, closes their days.

Written past the posting path, by sets: it is not this posting that is measured, and five million would take a while
otherwise. The days are closed by the product.
"""

import json
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import django

from bench import chart

_LINES = 5

_JOURNALS = """
INSERT INTO journals (id, tenant_id, business_date, occurred_at, kind, source, source_key, posting_count, rules_version)
SELECT %(start)s + n, %(tenant)s,
       %(first)s::date + least((n - 1) * %(days)s / greatest(%(closed)s, 1), %(days)s)::integer,
       now(), 'SALE', 'bench', n::text, 5, 1
FROM generate_series(1, %(journals)s) n
"""
_POSTINGS = """
INSERT INTO postings (tenant_id, journal_id, line_no, account_id, business_date, currency, amount_minor)
SELECT j.tenant_id, j.id, l, %(account)s + (j.id * 5 + l) %% %(accounts)s, j.business_date, 'USD',
       CASE l WHEN 1 THEN 400 ELSE -100 END
FROM journals j, generate_series(1, 5) l WHERE j.tenant_id = %(tenant)s
"""
#: What was written without the sequence must not be given out by it again.
_LAST = "SELECT setval('journals_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM journals))"


@dataclass(frozen=True)
class History:
    """What lies in a tenant's books: the same number of postings on every past day, and some on the current one."""

    slug: str
    postings: int
    open_postings: int
    accounts: int = 200
    days: int = 60
    #: Whether the past days are closed.
    is_closed: bool = True
    today: str = field(default_factory=lambda: datetime.now(UTC).date().isoformat())

    def day(self, number: int) -> date:
        """The past days from 0; then the current one."""
        return date.fromisoformat(self.today) - timedelta(days=self.days - number)

    def as_argument(self) -> str:
        """For this program."""
        return json.dumps(asdict(self))


def fill(history: History) -> str:
    """Write it. :returns: a key that may read and write the books."""
    from django.db import connection
    from django.utils import timezone

    from ledgersafe.tenants.models import Tenant

    tenant, now = Tenant.objects.get(slug=history.slug), timezone.now()
    _open_days(tenant, history)
    with connection.cursor() as cursor:
        cursor.execute(_LAST)
        values: dict[str, Any] = {
            "start": cursor.fetchone()[0],
            "tenant": tenant.pk,
            "first": history.day(0),
            "days": history.days,
            "journals": history.postings // _LINES,
            "closed": (history.postings - history.open_postings) // _LINES,
            "account": chart.open_accounts(tenant, history.accounts),
            "accounts": history.accounts,
        }
        for table, sql in (("journals", _JOURNALS), ("postings", _POSTINGS)):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(sql, values)
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute(_LAST)
        cursor.execute("ANALYZE")
    if history.is_closed:
        _close(tenant, history, now)
    return chart.create_key(history.slug)


def _open_days(tenant: Any, history: History) -> None:
    from ledger.periods import periods
    from ledgersafe.postgres.db import tenant_transaction

    with tenant_transaction(tenant.pk):
        for number in range(history.days + 1):
            periods.open_day(tenant.pk, history.day(number), time_zone="UTC", cut_off=time(23, 59))


def _close(tenant: Any, history: History, now: datetime) -> None:
    from ledger.periods import periods
    from ledgersafe.postgres.db import tenant_transaction

    for number in range(history.days):
        with tenant_transaction(tenant.pk):
            periods.seal(tenant, history.day(number), now=now)


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(fill(History(**json.loads(sys.argv[1])))))
