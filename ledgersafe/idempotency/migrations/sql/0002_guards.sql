CALL ledgersafe_make_append_only_v1('idempotency_keys');

-- Takes the key for this transaction, or says what became of it. One round trip, which never waits.
--   null: the key is free, and ours until the transaction ends
--   {"busy": true}: another transaction is at it
--   {"fingerprint", "status", "media_type", "body"}: it was answered before
-- VOLATILE: the row is looked for with a snapshot of its own, taken after the lock. A holder that committed just before
-- is seen, therefore; should it ever not be, idempotency_keys_one_per_key refuses the second answer.
CREATE FUNCTION idempotency_claim_v1(p_tenant bigint, p_principal text, p_key text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    is_ours boolean;
    answered idempotency_keys;
BEGIN
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

-- The answer, in the transaction of the command it answers.
CREATE FUNCTION idempotency_keep_v1(p_tenant bigint, p_principal text, p_key text, p_fingerprint bytea, p_command text,
    p_status smallint, p_media_type text, p_body bytea, p_actor text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO idempotency_keys
        (tenant_id, principal, key, fingerprint, command, status, media_type, body, actor)
    VALUES (p_tenant, p_principal, p_key, p_fingerprint, p_command, p_status, p_media_type, p_body, p_actor)
$$;
