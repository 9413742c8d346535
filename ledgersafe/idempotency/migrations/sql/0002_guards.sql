CALL ledgersafe_make_append_only_v1('idempotency_keys');

-- Takes the key for this transaction, or says what became of it. One round trip, which never waits. Called alone, it is a
-- transaction of its own, and only looks.
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

-- The answer, in the transaction of the command it answers.
CREATE FUNCTION idempotency_keep_v1(p_tenant bigint, p_principal text, p_key text, p_fingerprint bytea, p_command text,
    p_status smallint, p_media_type text, p_body bytea, p_actor text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO idempotency_keys
        (tenant_id, principal, key, fingerprint, command, status, media_type, body, actor)
    VALUES (p_tenant, p_principal, p_key, p_fingerprint, p_command, p_status, p_media_type, p_body, p_actor)
$$;

-- Which books these are: server, database, and the time line the server is on, which changes with every restored backup
-- and every standby that takes over. What was remembered of other books, or of these before they lost their last
-- minutes, is not theirs. Where a provider hides one of the two, it is left out.
CREATE FUNCTION idempotency_books_v1() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    server text := '';
    time_line text := '';
BEGIN
    BEGIN
        SELECT system_identifier::text INTO server FROM pg_control_system();
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    BEGIN
        time_line := left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    RETURN concat_ws('/', server, time_line, (SELECT oid::text FROM pg_database WHERE datname = current_database()));
END $$;
