-- Take the key of one arrival, and post or hold it, as pos_take_keys_v1 does, without building and reading sets.
--
-- Parameters: p_tenant, p_context; a: the arrival, p_lines: see pos_receive_v2; p_raw_id.
-- Answer: as pos_take_keys_v1.
-- Locks: as pos_take_keys_v1.
-- Callers: pos_settle_v1, pos_settle_alone_v1.
CREATE OR REPLACE FUNCTION pos_take_key_v1(p_tenant bigint, p_context jsonb, a jsonb, p_lines jsonb, p_raw_id bigint)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
    event_key text := a ->> 'k';
    fingerprint bytea := decode(a ->> 'hash', 'hex');
    posts boolean := a ->> 'd' = 'post';
    case_id uuid := CASE WHEN NOT posts THEN gen_random_uuid() END;
    new_journal bigint := CASE WHEN jsonb_typeof(a -> 'j') = 'object' THEN nextval('journals_id_seq') END;
    mirror bigint;
    journals jsonb;
    facts jsonb;
    awaited boolean := false;
    key_id bigint;
    ignored text; -- an assignment is evaluated without the executor that PERFORM starts
BEGIN
    INSERT INTO events_processed (id, tenant_id, idempotency_key, event_type, source_system, source_event_id,
            status, payload_hash_first, payload_hash_last, effective_hash, effective_raw_id, first_raw_id,
            last_raw_id, first_seen_at, last_seen_at, processed_at, journal_id, last_error_code, last_exception_id,
            device_id, device_seq)
        VALUES (nextval('events_processed_id_seq'), p_tenant, event_key, coalesce(a ->> 'et', ''),
                coalesce(a ->> 'ss', ''), a ->> 'claim',
                CASE WHEN posts THEN 'processed' ELSE 'quarantined' END, fingerprint, fingerprint,
                CASE WHEN posts THEN fingerprint END, CASE WHEN posts THEN p_raw_id END, p_raw_id, p_raw_id,
                received, received, CASE WHEN posts THEN received END, new_journal, coalesce(a ->> 'why', ''), case_id,
                a ->> 'dev', (a ->> 'seq')::bigint)
        ON CONFLICT DO NOTHING RETURNING id INTO key_id;
    IF key_id IS NULL THEN
        RETURN pos_known_or_clash_v1(p_tenant, jsonb_build_array(a), ARRAY[event_key]) || '{"fresh": []}';
    END IF;
    IF new_journal IS NOT NULL THEN
        journals := jsonb_build_array(
            (a -> 'j') || jsonb_build_object('o', a -> 'o', 'id', new_journal, 'key', event_key));
        facts := jsonb_build_array(pos_facts_v1(a, a -> 's', a -> 'j', new_journal, p_raw_id));
        IF a ? 'm' THEN
            mirror := nextval('journals_id_seq');
            journals := journals || ((a -> 'm' -> 'j') || jsonb_build_object(
                'o', -(a ->> 'o')::integer, 'id', mirror, 'key', event_key));
            facts := facts || pos_facts_v1(a, a -> 'm' -> 's', a -> 'm' -> 'j', mirror, p_raw_id);
        END IF;
        ignored := ledger_post_v1(p_tenant, journals, p_lines)::text;
        ignored := pos_record_facts_v1(p_tenant, facts, CASE WHEN a ? 'r' THEN jsonb_build_array(
            jsonb_build_object('j', new_journal, 'k', event_key, 'rows', a -> 'r')) END)::text;
        IF p_context ? 'waits' THEN
            awaited := pos_somebody_waits_v1(p_tenant, event_key, a ->> 'st', a ->> 'tx');
        END IF;
    END IF;
    IF case_id IS NOT NULL THEN
        PERFORM exceptions_open_v1(p_tenant, jsonb_build_array(jsonb_build_object(
            'id', case_id, 'key', event_key, 'raw', p_raw_id, 'store', left(a ->> 'st', 64), 'reason', a ->> 'why',
            'details', a -> 'details', 'risk', a -> 'risk', 'currency', a ->> 'cur')));
        IF a ? 'w' THEN
            INSERT INTO event_waits (tenant_id, event_key, original_key, store_code, txn_id)
                VALUES (p_tenant, event_key, a -> 'w' ->> 'of', a ->> 'st', a -> 'w' ->> 'tx');
        END IF;
    END IF;
    INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code, exception_id, journal_id)
        VALUES (p_raw_id, p_tenant, CASE WHEN posts THEN 'processed' ELSE 'quarantined' END,
                coalesce(a ->> 'why', ''), case_id, new_journal);
    IF posts AND jsonb_typeof(a -> 'audit') = 'object' THEN
        INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id, after, request_id)
            VALUES (p_tenant, p_context ->> 'actor', a -> 'audit' ->> 'action', 'event', event_key,
                    a -> 'audit' -> 'after', coalesce(p_context ->> 'request', ''));
    END IF;
    RETURN jsonb_build_object('awaited', awaited, 'known', '[]'::jsonb, 'clash', '[]'::jsonb, 'fresh', jsonb_build_array(jsonb_build_object(
        'o', a -> 'o', 'raw', p_raw_id, 'key', key_id, 'j', new_journal, 'x', case_id, 'why', a -> 'why',
        'r', CASE WHEN posts THEN 'processed' ELSE 'quarantined' END)));
END $$;
