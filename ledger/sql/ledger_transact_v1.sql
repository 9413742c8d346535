-- A transaction somebody asks for: its row and its journal. The day is open, or this is refused.
--
-- p_asked: {"drawer", "type", "method", "currency", "amount", "order", "ref", "actor", "date", "at", "debit", "credit"},
-- the last two ids of accounts. Answers {"id", "journal", "at"}.
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
