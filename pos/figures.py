"""Figures of the till's side for the dashboard: arrivals by hour, net sales of the business day by store.

Both read append-only tables that never stop growing. What is settled (`ledgersafe.settled`) is added up once and
remembered in the cache; each call reads what came since, so that its cost is that of the last seconds. The cache may be
lost at any time: the first call after it adds up the window anew.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from ledger.chart import REVENUE, ROLES
from ledgersafe.settled import EVENTS_RAW, JOURNALS, remembered_sums

HOURS: Final = 24
#: Instants of neighbouring ids may be out of order by this much: clocks of web servers, long receptions.
_DISORDER: Final = timedelta(minutes=10)
_REVENUE_ROLES: Final = [code for code, role in ROLES.items() if role.type is REVENUE]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose figures: one tenant's, or (None) everybody's. `stamp` tells databases apart that share a cache."""

    tenant_id: int | None
    stamp: str


@dataclass(frozen=True, slots=True)
class StoreSales:
    """Net sales of one store and business day, in minor units; sales are positive here."""

    tenant_id: int
    store_code: str
    currency: str
    net_minor: int


#: The last id before an instant, by halving the span of ids: about twenty look-ups in an index, at any size.
_FIRST_SINCE: Final = """
WITH RECURSIVE search(low, high) AS (
    SELECT 0::bigint, coalesce((SELECT max(id) FROM events_raw), 0)
    UNION ALL
    SELECT CASE WHEN earlier THEN middle ELSE low END, CASE WHEN earlier THEN high ELSE middle END
    FROM (SELECT low, high, (low + high) / 2 AS middle, (
              SELECT r.received_at < %(since)s FROM events_raw r
              WHERE r.id > (low + high) / 2 {of_tenant} ORDER BY r.id LIMIT 1) AS earlier
          FROM search WHERE high - low > 1) AS halved
)
SELECT low FROM search ORDER BY high - low LIMIT 1
"""

_ARRIVALS: Final = """
SELECT extract(epoch FROM date_trunc('hour', r.received_at))::bigint, o.result, r.id <= %(settled)s, count(*)
FROM events_raw r JOIN event_outcomes o ON o.raw_event_id = r.id
WHERE r.id > %(after)s AND o.raw_event_id > %(after)s AND r.received_at >= %(since)s {of_tenant}
GROUP BY 1, 2, 3
"""

#: A key belongs to the store of its first arrival, whatever version stands: a reversal takes from the store it gave to.
_SALES: Final = """
SELECT j.tenant_id, coalesce(r.store_code, ''), p.currency, j.id <= %(settled)s, -sum(p.amount_minor)
FROM unnest(%(tenants)s::bigint[], %(days)s::date[]) AS today(tenant_id, day)
{found}
JOIN events_processed k ON k.tenant_id = j.tenant_id AND k.idempotency_key = j.source_key
JOIN events_raw r ON r.id = k.first_raw_id
WHERE j.source IN ('event', 'correction')
GROUP BY 1, 2, 3, 4
"""
#: At first by the day's postings on revenue accounts, later by the journals that came since: an index range each.
_OF_THE_DAY: Final = """
JOIN accounts a ON a.tenant_id = today.tenant_id AND a.role = ANY (%(roles)s)
JOIN postings p ON p.tenant_id = today.tenant_id AND p.account_id = a.id AND p.business_date = today.day
JOIN journals j ON j.id = p.journal_id
"""
_SINCE: Final = """
JOIN journals j ON j.id > %(after)s AND j.tenant_id = today.tenant_id AND j.business_date = today.day
JOIN postings p ON p.journal_id = j.id
JOIN accounts a ON a.id = p.account_id AND a.role = ANY (%(roles)s)
"""


def arrivals_by_hour(scope: Scope, *, now: datetime) -> dict[datetime, dict[str, int]]:
    """Arrivals of the last 24 hours, the running one included: {start of the hour: {result: number}}. Two statements.

    Hours nothing arrived in are there, and empty.
    """
    newest = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [newest - timedelta(hours=back) for back in reversed(range(HOURS))]

    def read(after: int, settled: int) -> list[tuple[Any, ...]]:
        own = "" if scope.tenant_id is None else "AND r.tenant_id = %(tenant)s"
        values = {"tenant": scope.tenant_id, "since": hours[0] - _DISORDER, "settled": settled, "after": after}
        if not after:
            ((values["after"],),) = _rows(_FIRST_SINCE.format(of_tenant=own), values)
        return _rows(_ARRIVALS.format(of_tenant=own), values | {"since": hours[0]})

    name = f"arrivals:{scope.tenant_id}:{scope.stamp}"
    numbers = remembered_sums(name, EVENTS_RAW, read, since=hours[0].timestamp())
    return {
        hour: {result: number for (start, result), number in numbers.items() if start == hour.timestamp()}
        for hour in hours
    }


def net_sales_by_store(days: Mapping[int, date], stamp: str) -> list[StoreSales]:
    """Net sales of each tenant on its business day (`{tenant id: day}`), best first. Two statements.

    Net: postings on all revenue accounts (sales, less returns, discounts and comps, with service charges, without tax
    and tips) of journals that events caused, their reversals included.
    """

    def read(after: int, settled: int) -> list[tuple[Any, ...]]:
        found = _SINCE if after else _OF_THE_DAY
        values = {"tenants": list(days), "days": list(days.values()), "roles": _REVENUE_ROLES}
        return _rows(_SALES.format(found=found), values | {"after": after, "settled": settled})

    which = hashlib.sha256(repr(sorted(days.items())).encode()).hexdigest()[:32]
    sums = remembered_sums(f"sales:{which}:{stamp}", JOURNALS, read) if days else {}
    found = [StoreSales(tenant, store, currency, minor) for (tenant, store, currency), minor in sums.items() if minor]
    return sorted(found, key=lambda row: (row.currency, -row.net_minor, row.store_code))


def has_arrivals(tenant_id: int) -> bool:
    """Whether the tenant has ever sent anything."""
    return bool(_rows("SELECT EXISTS (SELECT FROM events_raw WHERE tenant_id = %(t)s)", {"t": tenant_id})[0][0])


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
