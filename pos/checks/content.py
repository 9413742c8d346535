"""Check that headers below their day's mark have lines, tenders and taxes that add up to their figures (I44)."""

from typing import Final

from ledgersafe.postgres.invariants import Invariant, by_sql

#: Repeats the definitions on purpose, instead of calling the function that guards writing. Headers above the mark may
#: have rows already (if somebody opened the sale), and then have all of them.
_AGREE: Final = """
WITH compared AS (
    SELECT s.tenant_id, s.journal_id, concat_ws(', ',
        CASE WHEN x.tax <> s.tax_minor THEN 'taxes come to ' || x.tax || ' for ' || s.tax_minor END,
        CASE WHEN l.number > 0 AND l.goods - x.inside <> s.gross_minor - s.returns_minor
             THEN 'goods come to ' || l.goods - x.inside || ' for ' || s.gross_minor - s.returns_minor END,
        CASE WHEN s.items <> 0 AND s.sales_count + s.returns_count <> 0 AND l.number <> abs(s.items)
             THEN l.number || ' lines for ' || abs(s.items) END,
        CASE WHEN l.number <> l.last THEN 'lines are missing between others' END,
        CASE WHEN l.odd THEN 'lines are of another currency or kind' END,
        CASE WHEN s.event_type <> 'TIP_ADJUST' AND s.sales_count = 0 AND s.returns_count = 0 THEN NULL
             WHEN t.cash <> s.cash_minor THEN 'cash comes to ' || t.cash || ' for ' || s.cash_minor END,
        CASE WHEN t.card <> s.card_minor THEN 'card comes to ' || t.card || ' for ' || s.card_minor END,
        CASE WHEN t.external <> s.external_minor
             THEN 'external comes to ' || t.external || ' for ' || s.external_minor END,
        CASE WHEN t.house <> s.house_account_minor
             THEN 'house account comes to ' || t.house || ' for ' || s.house_account_minor END,
        CASE WHEN t.owed - l.owed <> s.gift_card_minor + s.store_credit_minor - s.liabilities_minor
             THEN 'gift cards and store credit are not what was paid and sold' END) AS what
    FROM sales s
    JOIN sale_content_marks m ON m.tenant_id = s.tenant_id AND m.business_date = s.business_date
                                 AND m.cluster = pos_cluster_v1() AND s.xid < m.through_xid
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, coalesce(max(l.line_no), 0) AS last,
               coalesce(sum(CASE WHEN l.category NOT IN ('GIFT_CARD', 'DEPOSIT') THEN l.amount_minor END), 0) AS goods,
               coalesce(sum(CASE WHEN l.category IN ('GIFT_CARD', 'DEPOSIT') THEN l.amount_minor END), 0) AS owed,
               coalesce(bool_or(l.currency <> s.currency OR l.is_return <> (s.returns_count <> 0)), false) AS odd
        FROM sale_lines l WHERE l.journal_id = s.journal_id
    ) l
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(CASE t.method WHEN 'CASH' THEN t.amount_minor END), 0) AS cash,
               coalesce(sum(CASE t.method WHEN 'CARD' THEN t.amount_minor END), 0) AS card,
               coalesce(sum(CASE t.method WHEN 'EXTERNAL' THEN t.amount_minor END), 0) AS external,
               coalesce(sum(CASE t.method WHEN 'HOUSE_ACCOUNT' THEN t.amount_minor END), 0) AS house,
               coalesce(sum(CASE WHEN t.method IN ('GIFT_CARD', 'STORE_CREDIT') THEN t.amount_minor END), 0) AS owed
        FROM sale_tenders t WHERE t.journal_id = s.journal_id AND t.currency = s.currency
    ) t
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(x.amount_minor), 0) AS tax,
               coalesce(sum(CASE WHEN x.inclusive THEN x.amount_minor END), 0) AS inside
        FROM sale_taxes x WHERE x.journal_id = s.journal_id
    ) x
    WHERE %(tenant)s IN (0, s.tenant_id) AND s.business_date >= %(since)s::date
      AND NOT EXISTS (SELECT FROM sale_content_failures f WHERE f.journal_id = s.journal_id)
)
SELECT tenant_id, 'sales', journal_id::text, what FROM compared WHERE what <> ''
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
UNION ALL
SELECT r.tenant_id, 'sale_tender_references', r.journal_id || '/' || r.line_no, 'is of no tender of its tenant'
FROM sale_tender_references r
LEFT JOIN sale_tenders t ON t.journal_id = r.journal_id AND t.line_no = r.line_no AND t.tenant_id = r.tenant_id
LEFT JOIN sales s ON s.journal_id = r.journal_id
WHERE %(tenant)s IN (0, r.tenant_id) AND coalesce(s.business_date >= %(since)s::date, true) AND t.journal_id IS NULL
"""

INVARIANTS: Final = (
    Invariant(
        "I44",
        "Every header below its day's mark has the lines, tenders and taxes that come to its figures.",
        by_sql(_AGREE),
    ),
)
