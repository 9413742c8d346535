"""Figures of open cases for the dashboard: number, age, money at risk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

#: Age groups, youngest first, with their upper limits; the last has none.
AGES: Final = (
    ("under 1 h", timedelta(hours=1)),
    ("1–24 h", timedelta(hours=24)),
    ("1–3 days", timedelta(days=3)),
    ("3–7 days", timedelta(days=7)),
    ("over 7 days", None),
)
_LIMITS: Final = [limit for _, limit in AGES if limit is not None]


@dataclass(frozen=True, slots=True)
class Span:
    """A business day of a tenant as a half-open span of instants."""

    tenant_id: int
    business_date: date
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OpenCases:
    """Open cases of one reason, age group (index in `AGES`), currency and business day. None: a day not asked for."""

    reason_code: str
    age: int
    currency: str
    tenant_id: int
    business_date: date | None
    number: int
    at_risk_minor: int
    oldest_at: datetime


#: One pass over the open cases: a partial index keeps them together, however many are resolved.
_OPEN: Final = """
SELECT e.reason_code, {ages} - width_bucket(e.created_at, %(limits)s::timestamptz[]), e.currency, e.tenant_id,
       (SELECT d.day FROM unnest(%(tenants)s::bigint[], %(days)s::date[], %(starts)s::timestamptz[],
                                 %(ends)s::timestamptz[]) AS d(tenant_id, day, starts_at, ends_at)
        WHERE d.tenant_id = e.tenant_id AND e.created_at >= d.starts_at AND e.created_at < d.ends_at LIMIT 1),
       count(*), coalesce(sum(e.amount_at_risk_minor), 0)::bigint, min(e.created_at)
FROM exceptions e
WHERE e.status = 'open' {of_tenant}
GROUP BY 1, 2, 3, 4, 5
"""


def open_cases(tenant_id: int | None, spans: Sequence[Span], *, now: datetime) -> list[OpenCases]:
    """Read the figures of a tenant's open cases; None: of all tenants. One statement.

    A case counts for the day of `spans` in which it was opened: cases have no event times.
    """
    values: dict[str, Any] = {
        "limits": sorted(now - limit for limit in _LIMITS),
        "tenants": [span.tenant_id for span in spans],
        "days": [span.business_date for span in spans],
        "starts": [span.starts_at for span in spans],
        "ends": [span.ends_at for span in spans],
        "tenant": tenant_id,
    }
    sql = _OPEN.format(ages=len(_LIMITS), of_tenant="" if tenant_id is None else "AND e.tenant_id = %(tenant)s")
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [OpenCases(*row) for row in cursor]
