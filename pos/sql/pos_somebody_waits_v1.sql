CREATE OR REPLACE FUNCTION pos_somebody_waits_v1(p_tenant bigint, p_key text, p_store text, p_txn text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN pos_anybody_waits_v1(p_tenant, ARRAY[p_key], ARRAY[p_store], ARRAY[p_txn]);
END $$;
