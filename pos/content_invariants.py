"""The invariant of what sales are made of: every header below its day's mark has the rows that come to its figures."""

from typing import Final

from ledgersafe.invariants import Invariant, by_sql

#: The definitions once more, on purpose not by the function that guards the writing. Headers above the mark may have
#: their rows already (somebody asked for the sale), and then they have all of them.
_AGREE: Final = """
WITH below AS (
    SELECT s.* FROM sales s
    JOIN sale_content_marks m ON m.tenant_id = s.tenant_id AND m.business_date = s.business_date
                                 AND m.cluster = pos_cluster_v1() AND s.xid < m.through_xid
    WHERE %(tenant)s IN (0, s.tenant_id) AND s.business_date >= %(since)s::date
), lines AS (
    SELECT l.journal_id, count(*) AS number, max(l.line_no) AS last,
           sum(CASE WHEN l.category IN ('GIFT_CARD', 'DEPOSIT') THEN 0 ELSE l.amount_minor END) AS goods,
           sum(CASE WHEN l.category IN ('GIFT_CARD', 'DEPOSIT') THEN l.amount_minor ELSE 0 END) AS owed,
           bool_or(l.currency <> s.currency OR l.is_return <> (s.returns_count <> 0)) AS odd
    FROM sale_lines l JOIN below s USING (journal_id) GROUP BY 1
), tenders AS (
    SELECT t.journal_id, jsonb_object_agg(t.method, t.amount) AS by FROM (
        SELECT x.journal_id, x.method, sum(x.amount_minor) AS amount
        FROM sale_tenders x JOIN below s ON s.journal_id = x.journal_id AND s.currency = x.currency GROUP BY 1, 2
    ) t GROUP BY 1
), taxes AS (
    SELECT x.journal_id, sum(x.amount_minor) AS tax, sum(CASE WHEN x.inclusive THEN x.amount_minor ELSE 0 END) AS inside
    FROM sale_taxes x JOIN below s USING (journal_id) GROUP BY 1
), told AS (
    SELECT s.tenant_id, s.journal_id, concat_ws(', ',
        CASE WHEN coalesce(x.tax, 0) <> s.tax_minor
             THEN 'taxes come to ' || coalesce(x.tax, 0) || ' for ' || s.tax_minor END,
        CASE WHEN l.goods - coalesce(x.inside, 0) <> s.gross_minor - s.returns_minor
             THEN 'goods come to ' || l.goods - coalesce(x.inside, 0) || ' for ' || s.gross_minor - s.returns_minor END,
        CASE WHEN s.items <> 0 AND s.sales_count + s.returns_count <> 0 AND coalesce(l.number, 0) <> abs(s.items)
             THEN coalesce(l.number, 0) || ' lines for ' || abs(s.items) END,
        CASE WHEN l.number <> l.last THEN 'lines are missing between others' END,
        CASE WHEN l.odd THEN 'lines are of another currency or kind' END,
        CASE WHEN s.event_type <> 'TIP_ADJUST' AND s.sales_count = 0 AND s.returns_count = 0 THEN NULL
             WHEN coalesce((t.by ->> 'CASH')::bigint, 0) <> s.cash_minor THEN 'cash is not what was paid' END,
        CASE WHEN coalesce((t.by ->> 'CARD')::bigint, 0) <> s.card_minor THEN 'card is not what was paid' END,
        CASE WHEN coalesce((t.by ->> 'EXTERNAL')::bigint, 0) <> s.external_minor
             THEN 'external is not what was paid' END,
        CASE WHEN coalesce((t.by ->> 'HOUSE_ACCOUNT')::bigint, 0) <> s.house_account_minor
             THEN 'house account is not what was paid' END,
        CASE WHEN coalesce((t.by ->> 'GIFT_CARD')::bigint, 0) + coalesce((t.by ->> 'STORE_CREDIT')::bigint, 0)
                  - coalesce(l.owed, 0) <> s.gift_card_minor + s.store_credit_minor - s.liabilities_minor
             THEN 'gift cards and store credit are not what was paid and sold' END) AS what
    FROM below s
    LEFT JOIN lines l USING (journal_id) LEFT JOIN tenders t USING (journal_id) LEFT JOIN taxes x USING (journal_id)
    WHERE NOT EXISTS (SELECT FROM sale_content_failures f WHERE f.journal_id = s.journal_id)
)
SELECT tenant_id, 'sales', journal_id::text, what FROM told WHERE what <> ''
UNION ALL
SELECT f.tenant_id, 'sale_content_failures', f.journal_id::text, 'has no lines, tenders and taxes: ' || f.reason
FROM sale_content_failures f LEFT JOIN sales s ON s.journal_id = f.journal_id
WHERE %(tenant)s IN (0, f.tenant_id) AND coalesce(s.business_date >= %(since)s::date, true)
UNION ALL
SELECT x.tenant_id, x.place, x.journal_id || '/' || x.line_no, 'has no header that says its day and store'
FROM (
    SELECT 'sale_lines' AS place, tenant_id, journal_id, line_no, business_date, store_code FROM sale_lines
    UNION ALL SELECT 'sale_tenders', tenant_id, journal_id, line_no, business_date, store_code FROM sale_tenders
    UNION ALL SELECT 'sale_taxes', tenant_id, journal_id, line_no, business_date, store_code FROM sale_taxes
) x
LEFT JOIN sales s ON s.journal_id = x.journal_id
WHERE %(tenant)s IN (0, x.tenant_id) AND x.business_date >= %(since)s::date
  AND (s.business_date, s.store_code) IS DISTINCT FROM (x.business_date, x.store_code)
"""

INVARIANTS: Final = (
    Invariant(
        "I44",
        "Every header below its day's mark has the lines, tenders and taxes that come to its figures.",
        by_sql(_AGREE),
    ),
)
