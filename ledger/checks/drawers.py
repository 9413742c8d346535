"""Invariants of cash drawers."""

from typing import Final

from ledgersafe.postgres.invariants import Invariant, by_sql

#: A flow's cash equals its journal's posting to the drawer's account.
_FLOWS: Final = """
SELECT t.tenant_id, 'financial_transactions', t.id::text,
       'says ' || t.cash_minor || ', its journal brought ' || coalesce(sum(p.amount_minor), 0) || ' into the drawer'
FROM financial_transactions t
JOIN pos_ledgers d ON d.id = t.drawer_id
LEFT JOIN postings p ON p.journal_id = t.journal_id AND p.account_id = d.account_id
WHERE %(tenant)s IN (0, t.tenant_id) AND t.created_at >= %(since)s::date
GROUP BY t.id HAVING coalesce(sum(p.amount_minor), 0) <> t.cash_minor
"""

#: An open drawer's flows start with its float and sum to its account's balance. Cash posted after a close stays in the
#: account until it is adjusted.
_OPEN: Final = """
SELECT d.tenant_id, 'pos_ledgers', d.id::text,
       CASE WHEN flows.float <> d.starting_cash_minor
            THEN 'began with ' || d.starting_cash_minor || ', its float was ' || flows.float
            ELSE 'should hold ' || flows.cash || ', its account holds ' || account.balance END
FROM pos_ledgers d
CROSS JOIN LATERAL (
    SELECT coalesce(sum(t.cash_minor), 0) AS cash,
           coalesce(sum(t.cash_minor) FILTER (WHERE t.type = 'FLOAT'), 0) AS float
    FROM financial_transactions t WHERE t.tenant_id = d.tenant_id AND t.drawer_id = d.id
) flows
CROSS JOIN LATERAL (
    SELECT coalesce(sum(p.amount_minor), 0) AS balance
    FROM postings p WHERE p.tenant_id = d.tenant_id AND p.account_id = d.account_id
) account
WHERE d.status <> 'CLOSED' AND %(tenant)s IN (0, d.tenant_id)
  AND (flows.float <> d.starting_cash_minor OR flows.cash <> account.balance)
"""

_CLOSED: Final = """
SELECT d.tenant_id, 'pos_ledgers', d.id::text,
       'was closed with ' || d.expected_cash_minor || ' expected, its flows come to ' || flows.cash
FROM pos_ledgers d
CROSS JOIN LATERAL (
    SELECT coalesce(sum(t.cash_minor), 0) AS cash,
           coalesce(sum(t.cash_minor) FILTER (WHERE t.type = 'FLOAT'), 0) AS float
    FROM financial_transactions t
    WHERE t.tenant_id = d.tenant_id AND t.drawer_id = d.id AND NOT t.is_late
      AND t.type NOT IN ('OVER_SHORT', 'EMPTIED', 'ADJUSTMENT')
) flows
WHERE d.status = 'CLOSED' AND %(tenant)s IN (0, d.tenant_id) AND d.closed_at >= %(since)s::date
  AND (flows.cash <> d.expected_cash_minor OR flows.float <> d.starting_cash_minor)
"""

#: Journals of transactions and drawers have their flow, and the flow of a transaction has its journal.
_CAUSES: Final = """
SELECT j.tenant_id, 'journals', j.id::text, 'has no command: there is no transaction ' || j.source_key
FROM journals j
LEFT JOIN financial_transactions t ON t.tenant_id = j.tenant_id AND t.id::text = j.source_key AND t.journal_id = j.id
WHERE j.source = 'transaction' AND j.reverses_id IS NULL AND t.id IS NULL
  AND %(tenant)s IN (0, j.tenant_id) AND j.business_date >= %(since)s::date
UNION ALL
SELECT t.tenant_id, 'financial_transactions', t.id::text, 'points at a journal of something else'
FROM financial_transactions t LEFT JOIN journals j ON j.id = t.journal_id AND j.tenant_id = t.tenant_id
WHERE t.actor <> '' AND %(tenant)s IN (0, t.tenant_id) AND t.created_at >= %(since)s::date
  AND (j.id IS NULL OR j.source <> 'transaction' OR j.source_key <> t.id::text)
UNION ALL
SELECT j.tenant_id, 'journals', j.id::text, 'belongs to a drawer, but has no flow'
FROM journals j
LEFT JOIN (financial_transactions t JOIN pos_ledgers d ON d.id = t.drawer_id)
     ON t.tenant_id = j.tenant_id AND t.journal_id = j.id
WHERE j.source = 'drawer' AND j.kind <> 'DRAWER_CLEARED' AND t.id IS NULL
  AND %(tenant)s IN (0, j.tenant_id) AND j.business_date >= %(since)s::date
"""

#: The sums of an order equal those of its transactions.
_ORDERS: Final = """
SELECT coalesce(o.tenant_id, f.tenant_id), 'order_totals', coalesce(o.order_id, f.order_id),
       'says ' || coalesce(o.sold_minor, 0) || ' sold and ' || coalesce(o.refunded_minor, 0)
       || ' refunded, its transactions come to ' || coalesce(f.sold, 0) || ' and ' || coalesce(f.refunded, 0)
FROM (SELECT * FROM order_totals WHERE %(tenant)s IN (0, tenant_id)) o
FULL JOIN (
    SELECT tenant_id, order_id, currency, coalesce(sum(amount_minor) FILTER (WHERE type = 'SALE'), 0) AS sold,
           coalesce(sum(amount_minor) FILTER (WHERE type = 'REFUND'), 0) AS refunded
    FROM financial_transactions
    WHERE order_id <> '' AND type IN ('SALE', 'REFUND') AND %(tenant)s IN (0, tenant_id) GROUP BY 1, 2, 3
) f USING (tenant_id, order_id, currency)
WHERE o.sold_minor IS DISTINCT FROM f.sold OR o.refunded_minor IS DISTINCT FROM f.refunded
   OR o.refunded_minor > o.sold_minor
"""

_ONE_OPEN: Final = """
SELECT d.tenant_id, 'pos_ledgers', d.id::text, 'is open beside drawer ' || other.id || ' of the same register'
FROM pos_ledgers d JOIN pos_ledgers other
     ON other.tenant_id = d.tenant_id AND other.register_id = d.register_id AND other.id < d.id
WHERE d.status <> 'CLOSED' AND other.status <> 'CLOSED' AND %(tenant)s IN (0, d.tenant_id)
"""

#: Over/short and counted cash were booked as the drawer says, so its account is empty between drawers.
_BOOKED: Final = """
SELECT d.tenant_id, 'pos_ledgers', d.id::text,
       'is off by ' || d.variance_minor || ' with ' || d.actual_cash_minor || ' counted; booked are '
       || flows.over_short || ' and ' || flows.emptied
FROM pos_ledgers d
CROSS JOIN LATERAL (
    SELECT coalesce(sum(t.cash_minor) FILTER (WHERE t.type = 'OVER_SHORT'), 0) AS over_short,
           coalesce(-sum(t.cash_minor) FILTER (WHERE t.type = 'EMPTIED'), 0) AS emptied
    FROM financial_transactions t WHERE t.tenant_id = d.tenant_id AND t.drawer_id = d.id
) flows
WHERE d.status = 'CLOSED' AND %(tenant)s IN (0, d.tenant_id) AND d.closed_at >= %(since)s::date
  AND ((flows.over_short, flows.emptied) IS DISTINCT FROM (d.variance_minor, d.actual_cash_minor)
       OR d.variance_minor <> d.actual_cash_minor - d.expected_cash_minor)
"""

#: Flows lie inside the drawer's window, or are late; an adjustment mirrors exactly one late flow.
_WINDOW: Final = """
SELECT t.tenant_id, 'financial_transactions', t.id::text,
       CASE WHEN t.created_at < d.opened_at THEN 'was posted before drawer ' || d.id || ' was opened'
            WHEN t.is_late THEN 'is late, but drawer ' || d.id || ' was not closed before'
            ELSE 'was posted after drawer ' || d.id || ' was closed' END
FROM financial_transactions t JOIN pos_ledgers d ON d.id = t.drawer_id
WHERE %(tenant)s IN (0, t.tenant_id) AND t.created_at >= %(since)s::date AND t.type <> 'ADJUSTMENT'
  AND (t.created_at < d.opened_at OR t.is_late IS DISTINCT FROM coalesce(t.created_at > d.closed_at, false))
UNION ALL
SELECT t.tenant_id, 'financial_transactions', t.id::text, 'does not mirror the late flow ' || t.adjusts_id
FROM financial_transactions t LEFT JOIN financial_transactions late ON late.id = t.adjusts_id
WHERE t.type = 'ADJUSTMENT' AND %(tenant)s IN (0, t.tenant_id) AND t.created_at >= %(since)s::date
  AND (late.id IS NULL OR NOT late.is_late OR late.drawer_id <> t.drawer_id OR late.cash_minor <> -t.cash_minor)
"""

INVARIANTS: Final = (
    Invariant(
        "I27",
        "A drawer's expected cash equals its starting cash and flows, and its account's balance.",
        by_sql(_FLOWS, _OPEN, _CLOSED, _CAUSES, _ORDERS),
    ),
    Invariant(
        "I28",
        "One open drawer per register; over/short is booked; no flow outside the drawer's window.",
        by_sql(_ONE_OPEN, _BOOKED, _WINDOW),
    ),
)
