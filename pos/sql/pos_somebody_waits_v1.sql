-- Tell whether a held event waits for this one; see pos_anybody_waits_v1.
--
-- Parameters: p_tenant; p_key, p_store, p_txn: of the event.
-- Answer: boolean.
-- Locks: none.
-- Callers: pos_take_key_v1, pos_receive_alone_v1.
CREATE OR REPLACE FUNCTION pos_somebody_waits_v1(p_tenant bigint, p_key text, p_store text, p_txn text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN pos_anybody_waits_v1(p_tenant, ARRAY[p_key], ARRAY[p_store], ARRAY[p_txn]);
END $$;
