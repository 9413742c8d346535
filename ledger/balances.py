"""Balances: the last snapshot plus the postings since. Nothing on the posting path writes a balance."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Sum

from ledger.models import Posting
from ledgersafe.db import require_transaction

#: Per account: the newest snapshot at or before the day, and what was posted after it up to the day. Sealed days
#: take no postings, so the two parts neither overlap nor leave a gap.
_BALANCES = """
SELECT a.code, a.name, a.type, a.currency, coalesce(s.balance_minor, 0) + coalesce(p.amount, 0)
FROM accounts a
LEFT JOIN LATERAL (
    SELECT balance_minor, business_date FROM balance_snapshots
    WHERE tenant_id = a.tenant_id AND account_id = a.id AND business_date <= %(day)s
    ORDER BY business_date DESC LIMIT 1
) s ON true
LEFT JOIN LATERAL (
    SELECT sum(amount_minor) AS amount FROM postings
    WHERE tenant_id = a.tenant_id AND account_id = a.id
      AND business_date > coalesce(s.business_date, '-infinity') AND business_date <= %(day)s
) p ON true
WHERE a.tenant_id = %(tenant)s
ORDER BY a.type, a.code
"""

_SNAPSHOT = """
INSERT INTO balance_snapshots (tenant_id, account_id, business_date, balance_minor)
SELECT a.tenant_id, a.id, %(day)s, coalesce(s.balance_minor, 0) + coalesce(p.amount, 0)
FROM accounts a
LEFT JOIN LATERAL (
    SELECT balance_minor, business_date FROM balance_snapshots
    WHERE tenant_id = a.tenant_id AND account_id = a.id AND business_date < %(day)s
    ORDER BY business_date DESC LIMIT 1
) s ON true
LEFT JOIN LATERAL (
    SELECT sum(amount_minor) AS amount FROM postings
    WHERE tenant_id = a.tenant_id AND account_id = a.id
      AND business_date > coalesce(s.business_date, '-infinity') AND business_date <= %(day)s
) p ON true
WHERE a.tenant_id = %(tenant)s
"""


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """One row of a trial balance, in minor units of the account's currency; debit positive."""

    code: str
    name: str
    type: str
    currency: str
    balance_minor: int


def trial_balance(tenant_id: int, *, as_of: date | None = None) -> list[AccountBalance]:
    """Every account's balance at the end of a business day (default: everything posted). One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_BALANCES, {"tenant": tenant_id, "day": as_of or date.max})
        return [AccountBalance(code, name, kind, ccy, int(minor)) for code, name, kind, ccy, minor in cursor]


def balance(tenant_id: int, code: str, *, as_of: date | None = None) -> AccountBalance | None:
    """One account's balance, or None when the tenant has no such account."""
    with connection.cursor() as cursor:
        cursor.execute(
            _BALANCES.replace("ORDER BY a.type, a.code", "AND a.code = %(code)s"),
            {"tenant": tenant_id, "day": as_of or date.max, "code": code},
        )
        row = cursor.fetchone()
    return AccountBalance(row[0], row[1], row[2], row[3], int(row[4])) if row else None


def balances_of(account_ids: Collection[int], *, as_of: date | None = None) -> dict[int, int]:
    """Balances of some accounts by id, in minor units of each one's currency; one statement."""
    columns, of_tenant = "a.code, a.name, a.type, a.currency,", "a.tenant_id = %(tenant)s"
    sql = _BALANCES.replace(columns, "a.id,").replace(of_tenant, "a.id = ANY (%(accounts)s)")
    with connection.cursor() as cursor:
        cursor.execute(sql, {"accounts": list(account_ids), "day": as_of or date.max})
        return {account_id: int(minor) for account_id, minor in cursor}


def take_snapshots(tenant_id: int, day: date) -> None:
    """Keep every account's balance at the end of a day that has just been sealed; operation, one statement."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT, {"tenant": tenant_id, "day": day})


def turnover_of(tenant_id: int, journal_ids: Collection[int]) -> dict[int, int]:
    """The debits of journals, in minor units, by id; one statement."""
    rows = Posting.objects.filter(tenant_id=tenant_id, journal_id__in=journal_ids, amount_minor__gt=0)
    return dict(rows.values_list("journal_id").annotate(debits=Sum("amount_minor")))
