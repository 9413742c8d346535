-- Name the type of a flow of cash by the journal that moved it.
--
-- Parameters: source, kind: of the journal; cash: minor units into the drawer.
-- Answer: text, a type of financial_transactions.
-- Locks: none.
-- Callers: ledger_postings_guard_v4.
CREATE OR REPLACE FUNCTION ledger_flow_type_v1(source text, kind text, cash bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN source = 'drawer' THEN CASE kind
            WHEN 'DRAWER_OPENED' THEN 'FLOAT'
            WHEN 'DRAWER_COUNTED' THEN 'OVER_SHORT'
            WHEN 'DRAWER_EMPTIED' THEN 'EMPTIED'
            WHEN 'DRAWER_ADJUSTED' THEN 'ADJUSTMENT'
            ELSE 'CORRECTION' END
        WHEN cash > 0 THEN CASE kind
            WHEN 'SALE' THEN 'SALE'
            WHEN 'PAID_IN' THEN 'CASH_IN'
            WHEN 'CASH_IN' THEN 'CASH_IN'
            ELSE 'CORRECTION' END
        ELSE CASE kind
            WHEN 'RETURN' THEN 'REFUND'
            WHEN 'REFUND' THEN 'REFUND'
            WHEN 'PAYOUT' THEN 'PAYOUT'
            WHEN 'PAID_OUT' THEN 'CASH_OUT'
            WHEN 'CASH_OUT' THEN 'CASH_OUT'
            WHEN 'CASH_DROP' THEN 'DROP'
            ELSE 'CORRECTION' END
        END
$$;
