"""Hash a tenant's books and daily sales: equal for equal events, in whatever order they came.

Only balances count: a journal, its reversal and its replacement are added up. Ids and instants of recording are left
out, and so are the dates of drawers and their transactions, which happen on the day of the run.
"""

import hashlib
from typing import Final

from django.db import connection

from pos.reports import SUMS

_BOOKS: Final = """
SELECT j.source, CASE WHEN e.is THEN j.source_key ELSE '' END, CASE WHEN e.is THEN j.business_date::text ELSE '' END,
       a.code, p.currency, sum(p.amount_minor)
FROM journals j
JOIN postings p ON p.tenant_id = j.tenant_id AND p.journal_id = j.id
JOIN accounts a ON a.id = p.account_id,
     LATERAL (SELECT j.source IN ('event', 'correction') AS is) e
WHERE j.tenant_id = %s
GROUP BY 1, 2, 3, 4, 5 HAVING sum(p.amount_minor) <> 0
ORDER BY 1, 2, 3, 4, 5
"""

#: Without the number of headers: a decision that replaced a journal wrote more of them.
_GOLD: Final = f"""
SELECT business_date::text, store_code, currency, {", ".join(name for name in SUMS if name != "facts_count")}
FROM pos_daily_sales_v1(%s, '2000-01-01', '9999-12-31', NULL) ORDER BY 1, 2, 3
"""  # noqa: S608  names of ours


def books_fingerprint(tenant_id: int) -> str:
    """Hash (SHA-256, hexadecimal) each cause's balance per account, and each store's daily sales."""
    digest = hashlib.sha256()
    with connection.cursor() as cursor:
        for sql in (_BOOKS, _GOLD):
            cursor.execute(sql, [tenant_id])
            while rows := cursor.fetchmany(5_000):
                digest.update("".join(f"{'|'.join(map(str, row))}\n" for row in rows).encode())
            digest.update(b"--\n")
    return digest.hexdigest()
