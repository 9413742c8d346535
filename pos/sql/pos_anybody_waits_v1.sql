-- Tell whether a held event waits for one of these events.
--
-- Parameters: p_tenant; p_keys, p_stores, p_txns: of the events, element by element.
-- Answer: boolean.
-- Locks: none.
-- Callers: pos_take_keys_v1, pos_somebody_waits_v1, pos_take_many_v1.
CREATE OR REPLACE FUNCTION pos_anybody_waits_v1(p_tenant bigint, p_keys text[], p_stores text[], p_txns text[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_sort = off SET enable_incremental_sort = off SET jit = off AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM unnest(p_keys, p_stores, p_txns) AS f(k, st, tx)
        WHERE (SELECT w.event_key FROM event_waits w
               WHERE w.tenant_id = p_tenant AND w.original_key >= f.k AND w.original_key <= f.k
                 AND w.original_key IS NOT NULL
               ORDER BY w.original_key LIMIT 1) IS NOT NULL
           OR (SELECT w.event_key FROM event_waits w
               WHERE w.tenant_id = p_tenant AND w.txn_id >= f.tx AND w.txn_id <= f.tx
                 AND w.txn_id IS NOT NULL AND w.store_code = f.st
               ORDER BY w.txn_id LIMIT 1) IS NOT NULL);
END $$;
