"""Report arrivals by hour and net sales by store for the dashboard.

The table of arrivals never stops growing. Settled rows (`ledgersafe.postgres.append_only_sums`) are summed once and
cached; each call reads only the rows since, so it costs as much as the last seconds of arrivals. The cache may be lost
at any time: the next call sums the window again. Sales come from the daily report (`pos.reports.daily_sales`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from ledgersafe.postgres.append_only_sums import EVENTS_RAW, remembered_sums
from pos.reports.daily_sales import by_store, daily_sales

HOURS: Final = 24
#: Bound on how far instants of neighbouring ids may be out of order: server clocks differ, receptions take time.
_DISORDER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Scope:
    """The tenant of the figures, or None for all. `stamp` tells databases apart that share a cache."""

    tenant_id: int | None
    stamp: str


@dataclass(frozen=True, slots=True)
class StoreSales:
    """Net sales of one store and business day, in minor units; sales are positive here."""

    tenant_id: int
    store_code: str
    currency: str
    net_minor: int


#: The last id before an instant, by binary search over ids: about twenty index look-ups at any table size.
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


def arrivals_by_hour(scope: Scope, *, now: datetime) -> dict[datetime, dict[str, int]]:
    """Count arrivals of the last 24 hours, the current one included; two statements.

    :returns: {start of the hour, UTC: {result: number}}; hours without arrivals are present and empty.
    """
    newest = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [newest - timedelta(hours=back) for back in reversed(range(HOURS))]

    def read(after: int, settled: int) -> list[tuple[Any, ...]]:
        own = "" if scope.tenant_id is None else "AND r.tenant_id = %(tenant)s"
        values = {"tenant": scope.tenant_id, "since": hours[0], "settled": settled, "after": after}
        if not after:
            values["after"] = id_before(scope.tenant_id, hours[0])
        return _rows(_ARRIVALS.format(of_tenant=own), values)

    name = f"arrivals:{scope.tenant_id}:{scope.stamp}"
    numbers = remembered_sums(name, EVENTS_RAW, read, since=hours[0].timestamp())
    return {
        hour: {result: number for (start, result), number in numbers.items() if start == hour.timestamp()}
        for hour in hours
    }


def id_before(tenant_id: int | None, instant: datetime) -> int:
    """Return an id below all arrivals at or after an instant; few arrivals above it came earlier."""
    own = "" if tenant_id is None else "AND r.tenant_id = %(tenant)s"
    ((raw_id,),) = _rows(_FIRST_SINCE.format(of_tenant=own), {"tenant": tenant_id, "since": instant - _DISORDER})
    return int(raw_id)


def id_after(tenant_id: int, instant: datetime) -> int:
    """Return an id at or above all arrivals before an instant."""
    return id_before(tenant_id, instant + 2 * _DISORDER) + 1


def net_sales_by_store(days: Mapping[int, date]) -> list[StoreSales]:
    """Report net sales by store, highest first within a currency; one statement.

    :param days: {tenant id: business day}.
    """
    sums_by_store = by_store(daily_sales({tenant_id: (day, day) for tenant_id, day in days.items()}))
    rows = [StoreSales(*key, sums.net_minor) for key, sums in sums_by_store.items() if sums.net_minor]
    return sorted(rows, key=lambda row: (row.currency, -row.net_minor, row.store_code))


def has_arrivals(tenant_id: int) -> bool:
    """Tell whether the tenant has ever sent an event."""
    return bool(_rows("SELECT EXISTS (SELECT FROM events_raw WHERE tenant_id = %(t)s)", {"t": tenant_id})[0][0])


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
