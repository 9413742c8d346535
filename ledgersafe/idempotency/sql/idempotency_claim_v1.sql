-- Take an idempotency key for this transaction, or answer its state. One round trip, which never waits. Called alone,
-- it is a transaction of its own and only looks.
--
-- VOLATILE: the row is read with a snapshot taken after the lock, so the answer of a holder that committed just before
-- is seen. Were it ever missed, idempotency_keys_one_per_key refuses the second answer.
--
-- Parameters: p_tenant; p_principal: as in the table; p_key: the client's idempotency key.
-- Answer: null: the key is free, and taken by the caller until the transaction ends;
--   {"busy": true}: another transaction has it;
--   {"fingerprint": hex, "status", "media_type", "body": base64}: it was answered before.
-- Locks: tries the advisory lock of (tenant, principal, key) until commit; sets app.tenant_id.
-- Callers: ledgersafe/idempotency/rows.py.
CREATE OR REPLACE FUNCTION idempotency_claim_v1(p_tenant bigint, p_principal text, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    is_ours boolean;
    answered idempotency_keys;
BEGIN
    PERFORM set_config('app.tenant_id', p_tenant::text, true);
    is_ours := pg_try_advisory_xact_lock(
        hashtextextended(jsonb_build_array('idempotency', p_tenant, p_principal, p_key)::text, 0));
    SELECT * INTO answered FROM idempotency_keys
        WHERE tenant_id = p_tenant AND principal = p_principal AND key = p_key;
    IF FOUND THEN
        RETURN jsonb_build_object('fingerprint', encode(answered.fingerprint, 'hex'), 'status', answered.status,
            'media_type', answered.media_type, 'body', encode(answered.body, 'base64'));
    END IF;
    RETURN CASE WHEN NOT is_ours THEN '{"busy": true}'::jsonb END;
END $$;
