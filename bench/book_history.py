"""Run as a program of its own, as the owner, on one of our databases: fills the books of a tenant, closes their days.

Written past the posting path, by sets: it is reading that is measured, and five million postings would take a while
otherwise. The days are closed by the product.
"""

import json
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

import django

ACCOUNTS = 200
DAYS = 60
_LINES = 5

_JOURNALS = """
INSERT INTO journals (id, tenant_id, business_date, occurred_at, kind, source, source_key, posting_count, rules_version)
SELECT n, %(tenant)s, %(first)s::date + least((n - 1) * %(days)s / greatest(%(closed)s, 1), %(days)s)::integer, now(),
       'SALE', 'bench', n::text, 5, 1
FROM generate_series(1, %(journals)s) n
"""
_POSTINGS = """
INSERT INTO postings (tenant_id, journal_id, line_no, account_id, business_date, currency, amount_minor)
SELECT j.tenant_id, j.id, l, %(account)s + (j.id * 5 + l) %% %(accounts)s, j.business_date, 'USD',
       CASE l WHEN 1 THEN 400 ELSE -100 END
FROM journals j, generate_series(1, 5) l
"""


def fill(slug: str, postings: int, open_postings: int) -> str:
    """So many postings on DAYS closed days and an open one. :returns: a key that may read them."""
    from django.db import connection
    from django.utils import timezone

    from ledger import periods
    from ledger.models import Account
    from ledgersafe import registry
    from ledgersafe.db import tenant_transaction
    from ledgersafe.tenants.models import Tenant

    tenant, now = Tenant.objects.get(slug=slug), timezone.now()
    first = now.date() - timedelta(days=DAYS)
    accounts = [
        Account(tenant=tenant, code=f"BENCH:{number}", name="", type="ASSET", currency="USD")
        for number in range(ACCOUNTS)
    ]
    Account.objects.bulk_create(accounts)
    with tenant_transaction(tenant.pk):
        for number in range(DAYS + 1):
            periods.open_day(tenant.pk, first + timedelta(days=number), time_zone="UTC", cut_off=time(23, 59))
    values: dict[str, Any] = {
        "tenant": tenant.pk,
        "first": first,
        "days": DAYS,
        "journals": postings // _LINES,
        "closed": (postings - open_postings) // _LINES,
        "account": min(account.pk for account in accounts),
        "accounts": ACCOUNTS,
    }
    with connection.cursor() as cursor:
        for table, sql in (("journals", _JOURNALS), ("postings", _POSTINGS)):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(sql, values)
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        cursor.execute("ANALYZE")
    _close(tenant, first, now)
    return registry.create_api_key(slug=slug, scopes=["ledger:read"], actor="system:bench", now=now)[1]


def _close(tenant: Any, first: date, now: datetime) -> None:
    from ledger import periods
    from ledgersafe.db import tenant_transaction

    for number in range(DAYS):
        with tenant_transaction(tenant.pk):
            periods.seal(tenant, first + timedelta(days=number), now=now)


if __name__ == "__main__":
    django.setup()
    sys.stdout.write(json.dumps(fill(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
