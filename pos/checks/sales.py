"""Check that references stay within their original (I41), and that headers agree with postings (I42)."""

from typing import Final

from ledgersafe.postgres.invariants import Invariant, by_sql

_WITHIN: Final = """
WITH used AS (
    SELECT tenant_id, original_key,
           coalesce(sum(sign) FILTER (WHERE kind = 'VOID'), 0) AS voids,
           coalesce(sum(sign) FILTER (WHERE kind = 'CORRECTION'), 0) AS corrections,
           coalesce(sum(sign) FILTER (WHERE kind = 'RETURN'), 0) AS returns,
           coalesce(sum(sign) FILTER (WHERE kind = 'TIP_ADJUST'), 0) AS tips,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'RETURN'), 0) AS returned,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'TIP_ADJUST'), 0) AS tipped,
           max(journal_id) FILTER (WHERE kind = 'CORRECTION' AND sign = 1) AS correction
    FROM sale_references WHERE %(tenant)s IN (0, tenant_id) GROUP BY 1, 2
)
SELECT u.tenant_id, 'events_processed', coalesce(k.id::text, u.original_key), 'key ' || u.original_key || ': '
       || concat_ws(', ',
            CASE WHEN s.journal_id IS NULL OR k.status <> 'processed' THEN 'is referred to and does not stand' END,
            CASE WHEN u.voids NOT IN (0, 1) THEN 'is voided ' || u.voids || ' times' END,
            CASE WHEN u.corrections NOT IN (0, 1) THEN 'is corrected ' || u.corrections || ' times' END,
            CASE WHEN u.voids = 1 AND (u.returns <> 0 OR u.tips <> 0 OR u.corrections <> 0)
                 THEN 'is voided, and something else became of it' END,
            CASE WHEN u.returns < 0 OR u.returned < 0 OR u.returned > greatest(s.total_minor, 0)
                 THEN u.returned || ' were returned of ' || s.total_minor END,
            CASE WHEN u.tips <> 0 AND s.tips_minor + u.tipped < 0 THEN 'has a tip below zero' END)
FROM used u
LEFT JOIN events_processed k ON k.tenant_id = u.tenant_id AND k.idempotency_key = u.original_key
LEFT JOIN sales s ON s.tenant_id = u.tenant_id
                     AND s.journal_id = CASE WHEN u.corrections = 1 THEN u.correction ELSE k.journal_id END
WHERE (u.voids <> 0 OR u.corrections <> 0 OR u.returns <> 0 OR u.tips <> 0 OR u.returned <> 0)
  AND (s.journal_id IS NULL OR k.status <> 'processed' OR u.voids NOT IN (0, 1) OR u.corrections NOT IN (0, 1)
       OR (u.voids = 1 AND (u.returns <> 0 OR u.tips <> 0 OR u.corrections <> 0))
       OR u.returns < 0 OR u.returned < 0 OR u.returned > greatest(s.total_minor, 0)
       OR (u.tips <> 0 AND s.tips_minor + u.tipped < 0))
"""

#: Cash movements have no figure but cash. Gift cards and store credit are sold and paid with on one account.
_HEADERS: Final = """
WITH booked AS (
    SELECT s.journal_id,
           coalesce(sum(p.amount_minor) FILTER (WHERE a.role = 'DRAWER'), 0) AS cash,
           ARRAY[-sum(p.amount_minor) FILTER (WHERE a.role = 'SALES'),
                 sum(p.amount_minor) FILTER (WHERE a.role = 'RETURNS'),
                 sum(p.amount_minor) FILTER (WHERE a.role IN ('DISCOUNTS', 'COMPS')),
                 -sum(p.amount_minor) FILTER (WHERE a.role = 'SALES_TAX'),
                 -sum(p.amount_minor) FILTER (WHERE a.role = 'TIPS_PAYABLE'),
                 -sum(p.amount_minor) FILTER (WHERE a.role = 'SERVICE_CHARGES'),
                 sum(p.amount_minor) FILTER (WHERE a.role = 'CARD_CLEARING'),
                 sum(p.amount_minor) FILTER (WHERE a.role = 'EXTERNAL_CLEARING'),
                 sum(p.amount_minor) FILTER (WHERE a.role = 'HOUSE_ACCOUNTS'),
                 sum(p.amount_minor) FILTER (WHERE a.role IN ('GIFT_CARDS', 'STORE_CREDIT', 'CUSTOMER_DEPOSITS'))
           ]::bigint[] AS amounts
    FROM sales s
    JOIN postings p ON p.journal_id = s.journal_id AND p.currency = s.currency
    JOIN accounts a ON a.id = p.account_id
    WHERE %(tenant)s IN (0, s.tenant_id) AND s.business_date >= %(since)s::date
    GROUP BY 1
)
SELECT j.tenant_id, 'journals', j.id::text,
       CASE WHEN s.journal_id IS NULL THEN 'was caused by an event and has no header' ELSE 'differs from its header' END
FROM journals j
JOIN events_processed k ON k.tenant_id = j.tenant_id AND k.idempotency_key = j.source_key
LEFT JOIN sales s ON s.tenant_id = j.tenant_id AND s.journal_id = j.id
LEFT JOIN booked b ON b.journal_id = j.id
WHERE j.source IN ('event', 'correction') AND %(tenant)s IN (0, j.tenant_id) AND j.business_date >= %(since)s::date
  AND (s.journal_id IS NULL
       OR (s.event_key, s.business_date, s.occurred_at, s.is_late, s.txn_id, s.sign) IS DISTINCT FROM
          (j.source_key, j.business_date, j.occurred_at, j.is_late, j.external_ref,
           CASE WHEN j.reverses_id IS NULL THEN 1 ELSE -1 END)
       OR s.cash_minor <> b.cash
       OR ((s.sales_count <> 0 OR s.returns_count <> 0 OR s.event_type = 'TIP_ADJUST')
           AND array_replace(b.amounts, NULL, 0) <> ARRAY[
               s.gross_minor, s.returns_minor, s.discounts_minor, s.tax_minor, s.tips_minor, s.service_minor,
               s.card_minor, s.external_minor, s.house_account_minor,
               s.gift_card_minor + s.store_credit_minor - s.liabilities_minor]))
"""

INVARIANTS: Final = (
    Invariant(
        "I41",
        "What is returned, voided, corrected or adjusted stands in the books and is no more than it came to.",
        by_sql(_WITHIN),
    ),
    Invariant(
        "I42",
        "Every journal an event caused has a header, whose amounts are those of its postings.",
        by_sql(_HEADERS),
    ),
)
