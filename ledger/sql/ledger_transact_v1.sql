-- Write a drawer transaction on request: its row and its journal. The day is open, or it is refused.
--
-- SECURITY DEFINER: the application role itself may not insert into journals.
--
-- Parameters: p_tenant;
--   p_asked: {"drawer": id, "type", "method", "currency", "amount": minor units, "order", "ref", "actor", "date",
--     "at", "debit": account id, "credit": account id}.
-- Answer: {"id", "journal", "at"}.
-- Locks: the share of the day first: days come before drawers; then those of ledger_flows_guard_v1 and ledger_post_v1.
-- Callers: ledger/drawers/transactions.py.
CREATE OR REPLACE FUNCTION ledger_transact_v1(p_tenant bigint, p_asked jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    journal bigint := nextval('journals_id_seq');
    amount bigint := (p_asked ->> 'amount')::bigint;
    is_in boolean := p_asked ->> 'type' IN ('SALE', 'CASH_IN');
    made record;
BEGIN
    PERFORM ledger_share_open_day_v1(p_tenant, (p_asked ->> 'date')::date); -- days before drawers
    INSERT INTO financial_transactions AS t (tenant_id, drawer_id, journal_id, type, method, currency, amount_minor,
                                             cash_minor, order_id, external_reference, actor, created_at)
        VALUES (p_tenant, (p_asked ->> 'drawer')::bigint, journal, p_asked ->> 'type', p_asked ->> 'method',
                p_asked ->> 'currency', amount,
                CASE WHEN p_asked ->> 'method' <> 'CASH' THEN 0 WHEN is_in THEN amount ELSE -amount END,
                p_asked ->> 'order', p_asked ->> 'ref', p_asked ->> 'actor', clock_timestamp())
        RETURNING t.id, t.created_at INTO made;
    PERFORM ledger_post_v1(p_tenant,
        jsonb_build_array(jsonb_build_object(
            'o', 0, 'id', journal, 'date', p_asked -> 'date', 'at', p_asked -> 'at', 'kind', p_asked -> 'type',
            'source', 'transaction', 'key', made.id::text, 'ref',
            coalesce(nullif(p_asked ->> 'ref', ''), p_asked ->> 'order'), 'n', 2, 'rules', 1)),
        jsonb_build_array(
            jsonb_build_object('o', 0, 'n', 1, 'a', p_asked -> 'debit', 'c', p_asked -> 'currency', 'm', amount),
            jsonb_build_object('o', 0, 'n', 2, 'a', p_asked -> 'credit', 'c', p_asked -> 'currency', 'm', -amount)));
    RETURN jsonb_build_object('id', made.id, 'journal', journal, 'at', made.created_at);
END $$;

REVOKE ALL ON FUNCTION ledger_transact_v1 FROM PUBLIC;
