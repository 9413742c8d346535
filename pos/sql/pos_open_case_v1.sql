-- Find the open case of a key.
--
-- Parameters: p_tenant; p_key: event key.
-- Answer: uuid, or null.
-- Locks: none.
-- Callers: pos_key_states_v1.
CREATE OR REPLACE FUNCTION pos_open_case_v1(p_tenant bigint, p_key text) RETURNS uuid LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_sort = off SET enable_incremental_sort = off SET jit = off AS $$
BEGIN
    RETURN (SELECT id FROM exceptions
            WHERE tenant_id = p_tenant AND idempotency_key >= p_key AND idempotency_key <= p_key
              AND status = 'open' ORDER BY idempotency_key);
END $$;
