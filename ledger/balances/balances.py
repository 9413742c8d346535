"""Read balances: the last snapshot plus the postings since. Nothing on the posting path writes a balance.

Two questions look alike. The balance as of a business day counts what was posted into days up to and including it,
whenever that was recorded. The balance as of an instant counts what had been recorded by then, for any day. See
docs/adr/0010.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection
from django.db.models import Sum

from ledger.models import BalanceSnapshot, Posting
from ledgersafe.postgres.db import require_transaction

#: Per tenant and mark (a day, or an instant): the last day that was closed by then. Computed once, not per account.
_CLOSED: Final = """(
    SELECT max(d.business_date) FROM periods d WHERE d.tenant_id = t.id AND d.status = 'closed' AND {closed_by}
) AS closed_through"""
MARKED_DAYS: Final = f"""
WITH marks AS MATERIALIZED (
    SELECT t.id AS tenant_id, m.mark, m.place, {_CLOSED}
    FROM unnest(%(marks)s::date[]) WITH ORDINALITY AS m(mark, place), tenants t
    WHERE t.id = ANY (%(tenants)s)
)"""  # noqa: S608  constants of ours, as below

#: The one rule of which snapshot is current: the account's newest up to the last closed day, of the day's last close.
#: Snapshots of a day that was reopened do not count.
SNAPSHOT: Final = """
LEFT JOIN LATERAL (
    SELECT balance_minor, business_date FROM balance_snapshots
    WHERE tenant_id = a.tenant_id AND account_id = a.id AND business_date <= m.closed_through
    ORDER BY business_date DESC, revision DESC LIMIT 1
) s ON true"""

#: Closed days take no postings, so snapshot and remainder neither overlap nor leave a gap: one index range.
SINCE: Final = """
LEFT JOIN LATERAL (
    SELECT sum(amount_minor) AS amount FROM postings
    WHERE tenant_id = a.tenant_id AND account_id = a.id
      AND business_date > coalesce(s.business_date, '-infinity') AND business_date <= m.mark
) p ON true"""
BALANCE: Final = "coalesce(s.balance_minor, 0) + coalesce(p.amount, 0)"

#: Postings of a day that was closed by the instant were all recorded before its close, hence by the instant. Of the
#: other days only opened ones matter: a posting needs its day. `recorded_at` is the start of a transaction, which may
#: have waited for another one to open the day: hence one day of grace.
_MARKED_INSTANT: Final = f"""
WITH closed AS MATERIALIZED (
    SELECT t.id, m.mark, {_CLOSED.format(closed_by="d.closed_at <= m.mark")}
    FROM (SELECT %(mark)s::timestamptz AS mark) m, tenants t WHERE t.id = ANY (%(tenants)s)
), marks AS MATERIALIZED (
    SELECT c.id AS tenant_id, c.mark, 1 AS place, c.closed_through, ARRAY(
        SELECT d.business_date FROM periods d
        WHERE d.tenant_id = c.id AND d.business_date > coalesce(c.closed_through, '-infinity')
          AND d.opened_at <= c.mark + interval '1 day'
    ) AS days
    FROM closed c
)"""  # noqa: S608
_RECORDED: Final = """
LEFT JOIN LATERAL (
    SELECT sum(l.amount_minor) AS amount FROM postings l JOIN journals j ON j.id = l.journal_id
    WHERE l.tenant_id = a.tenant_id AND l.account_id = a.id AND l.business_date = ANY (m.days)
      AND j.recorded_at <= m.mark
) p ON true"""

_OF_ACCOUNTS: Final = f"""
SELECT a.code, a.name, a.type, a.currency, {BALANCE}, a.id, m.place, a.role
FROM marks m JOIN accounts a ON a.tenant_id = m.tenant_id"""  # noqa: S608
_THROUGH: Final = MARKED_DAYS.format(closed_by="d.business_date <= m.mark") + _OF_ACCOUNTS + SNAPSHOT + SINCE
_AS_RECORDED: Final = _MARKED_INSTANT + _OF_ACCOUNTS + SNAPSHOT + _RECORDED

_TAKE: Final = f"""
INSERT INTO balance_snapshots (tenant_id, account_id, business_date, revision, balance_minor)
{MARKED_DAYS.format(closed_by="d.business_date < m.mark")}
SELECT a.tenant_id, a.id, m.mark, %(revision)s, {BALANCE} FROM marks m JOIN accounts a ON a.tenant_id = m.tenant_id
{SNAPSHOT} {SINCE}
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class AccountBalance:
    """An account's balance in minor units of its currency; debit positive."""

    code: str
    name: str
    type: str
    currency: str
    balance_minor: int
    #: Empty for the tenant's own accounts.
    role: str


def trial_balance(tenant_id: int, *, as_of: date | datetime | None = None) -> list[AccountBalance]:
    """Return every account's balance as of a business day or an instant (default: all postings). One statement."""
    values = {"tenants": [tenant_id]}
    return [_balance(row) for row in _read(as_of, "WHERE true ORDER BY a.type, a.code", values)]


def trial_balances(tenant_id: int, days: Sequence[date]) -> list[list[AccountBalance]]:
    """Return the trial balances of several business days, in their order. One statement."""
    values = {"tenants": [tenant_id], "marks": list(days)}
    by_day: list[list[AccountBalance]] = [[] for _ in days]
    for row in fetch(_THROUGH + " ORDER BY a.type, a.code", values):
        by_day[row[6] - 1].append(_balance(row))
    return by_day


def balance(tenant_id: int, code: str, *, as_of: date | datetime | None = None) -> AccountBalance | None:
    """Return one account's balance; None when the tenant has no such account. One statement."""
    rows = _read(as_of, "WHERE a.code = %(code)s", {"tenants": [tenant_id], "code": code})
    return _balance(rows[0]) if rows else None


def balances_of(account_ids: Collection[int], *, as_of: date | None = None) -> dict[int, int]:
    """Return balances by account id, in minor units of each account's currency. One statement."""
    values = {"accounts": list(account_ids), "marks": [as_of or date.max]}
    of_theirs = "ARRAY(SELECT tenant_id FROM accounts WHERE id = ANY (%(accounts)s))"
    sql = _THROUGH.replace("%(tenants)s", of_theirs) + " WHERE a.id = ANY (%(accounts)s)"
    return {row[5]: int(row[4]) for row in fetch(sql, values)}


def balances_through(account_id: int, tenant_id: int, days: Sequence[date]) -> list[int]:
    """Return one account's balances at the end of several business days, in minor units. One statement."""
    values = {"tenants": [tenant_id], "account": account_id, "marks": list(days)}
    rows = fetch(_THROUGH + " WHERE a.id = %(account)s ORDER BY m.place", values)
    return [int(row[4]) for row in rows]


def take_snapshots(tenant_id: int, day: date, *, revision: int = 1) -> None:
    """Store every account's balance at the end of a day that has just been sealed; operation. One statement.

    :param revision: the number of the day's close: 1, and one more after each reopening.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"tenants": [tenant_id], "marks": [day], "revision": revision})


def snapshots_of(tenant_id: int, day: date, *, revision: int) -> dict[int, int]:
    """Return the snapshots of one close of a day, in minor units by account id. One statement."""
    rows = BalanceSnapshot.objects.filter(tenant_id=tenant_id, business_date=day, revision=revision)
    return dict(rows.values_list("account_id", "balance_minor"))


def turnover_of(tenant_id: int, journal_ids: Collection[int]) -> dict[int, int]:
    """Return the debits of journals, in minor units by journal id. One statement."""
    rows = Posting.objects.filter(tenant_id=tenant_id, journal_id__in=journal_ids, amount_minor__gt=0)
    return dict(rows.values_list("journal_id").annotate(debits=Sum("amount_minor")))


def fetch(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement and return all rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _read(as_of: date | datetime | None, condition: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    if isinstance(as_of, datetime):  # first: a datetime is a date, too
        return fetch(f"{_AS_RECORDED} {condition}", values | {"mark": as_of})
    return fetch(f"{_THROUGH} {condition}", values | {"marks": [as_of or date.max]})


def _balance(row: tuple[Any, ...]) -> AccountBalance:
    return AccountBalance(row[0], row[1], row[2], row[3], int(row[4]), row[7])
