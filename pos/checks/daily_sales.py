"""Check that the daily sales equal the sums of the headers up to their mark (I43)."""

from typing import Final

from ledgersafe.postgres.invariants import Invariant, by_sql
from pos.reports import SUMS

#: Repeats the definitions on purpose, instead of calling the function that rolls up.
_RECOMPUTED: Final = {
    "facts_count": "count(*)",
    "baskets_count": "sum(s.sales_count)",
    "rung_count": "sum(CASE s.event_type WHEN 'SALE' THEN s.sales_count ELSE 0 END)",
    "voids_count": "sum(CASE WHEN s.event_type IN ('VOID', 'CANCEL') THEN s.sign ELSE 0 END)",
    "corrections_count": "sum(CASE WHEN s.event_type = 'CORRECTION' AND s.sales_count + s.returns_count = s.sign"
    " THEN s.sign ELSE 0 END)",
    "items_count": "sum(s.items)",
    "cash_minor": "sum(CASE WHEN {moves} THEN 0 ELSE s.cash_minor END)",
    "moved_cash_minor": "sum(CASE WHEN {moves} THEN s.cash_minor ELSE 0 END)",
}
_MOVES: Final = "s.sales_count = 0 AND s.returns_count = 0 AND s.total_minor = 0"
_SUMS: Final = ", ".join(
    f"({_RECOMPUTED.get(name, f'sum(s.{name})').format(moves=_MOVES)})::bigint AS {name}" for name in SUMS
)

#: Marks of another cluster are skipped: reports ignore them, and the next roll-up starts again.
_EQUAL: Final = f"""
WITH marks AS (
    SELECT * FROM daily_sales_marks WHERE %(tenant)s IN (0, tenant_id) AND cluster = pos_cluster_v1()
), recomputed AS (
    SELECT s.tenant_id, s.business_date, s.store_code, s.currency, {_SUMS}
    FROM sales s JOIN marks m ON m.tenant_id = s.tenant_id AND s.xid < m.through_xid
    WHERE s.business_date >= %(since)s::date
    GROUP BY 1, 2, 3, 4
), kept AS (
    SELECT g.* FROM daily_sales g JOIN marks m ON m.tenant_id = g.tenant_id
    WHERE g.facts_count <> 0 AND g.business_date >= %(since)s::date
)
SELECT tenant_id, 'daily_sales', concat_ws(' ', business_date, store_code, currency),
       CASE WHEN k.facts_count IS NULL THEN r.facts_count || ' headers are not in it'
            WHEN r.facts_count IS NULL THEN 'comes of no header'
            ELSE 'is not what its headers come to: ' || concat_ws(', ', {
    ", ".join(f"CASE WHEN k.{name} <> r.{name} THEN '{name} ' || k.{name} || ' for ' || r.{name} END" for name in SUMS)
}) END
FROM kept k FULL JOIN recomputed r USING (tenant_id, business_date, store_code, currency)
WHERE ({", ".join(f"k.{name}" for name in SUMS)}) IS DISTINCT FROM ({", ".join(f"r.{name}" for name in SUMS)})
"""  # noqa: S608  names of ours

INVARIANTS: Final = (
    Invariant("I43", "The daily sales are what the headers up to their mark come to.", by_sql(_EQUAL)),
)
