-- Keep the answer to a command under its idempotency key, in the transaction of the command.
--
-- Parameters: p_tenant, p_principal, p_key; p_fingerprint: SHA-256 of the request; p_command: its name; p_status,
--     p_media_type, p_body: the answer; p_actor.
-- Answer: none.
-- Locks: none; the caller holds the key (idempotency_claim_v1).
-- Callers: ledgersafe/idempotency/rows.py.
CREATE OR REPLACE FUNCTION idempotency_keep_v1(p_tenant bigint, p_principal text, p_key text, p_fingerprint bytea, p_command text,
    p_status smallint, p_media_type text, p_body bytea, p_actor text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO idempotency_keys
        (tenant_id, principal, key, fingerprint, command, status, media_type, body, actor)
    VALUES (p_tenant, p_principal, p_key, p_fingerprint, p_command, p_status, p_media_type, p_body, p_actor)
$$;
