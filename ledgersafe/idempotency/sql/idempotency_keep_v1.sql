-- The answer, in the transaction of the command it answers.
CREATE OR REPLACE FUNCTION idempotency_keep_v1(p_tenant bigint, p_principal text, p_key text, p_fingerprint bytea, p_command text,
    p_status smallint, p_media_type text, p_body bytea, p_actor text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO idempotency_keys
        (tenant_id, principal, key, fingerprint, command, status, media_type, body, actor)
    VALUES (p_tenant, p_principal, p_key, p_fingerprint, p_command, p_status, p_media_type, p_body, p_actor)
$$;
