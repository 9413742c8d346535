-- Whether anybody waits for any of these: their keys, stores and transactions.
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
