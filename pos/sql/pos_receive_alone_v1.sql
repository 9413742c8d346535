-- Receive one arrival as a transaction of its own: take the key, keep the bytes, post or hold or reject.
--
-- Most events come alone, with a new key, from a known till; this function does no more than they need. In any other
-- case it writes nothing, and Python calls pos_receive_v2. There is no savepoint: a refusal by the books fails the
-- whole call, and the longer path holds the event.
--
-- Parameters: p_tenant, p_api_key: ids; p_context, a (one arrival), p_lines: see pos_receive_v2; p_body: its bytes.
-- Answer: {"fresh": [{"o", "key", "j", "x", "why", "r"}], "known": [], "clash": [], "raw": [raw id], "awaited"}; or
--     only {"stale": true}: the API key is no longer valid, or the tenant has another version; or only {"again":
--     true}: the event's key exists, or its source event id belongs to another key.
-- Locks: the key, by the unique index; then as ledger_post_v1. Sets app.tenant_id.
-- Callers: pos/intake/receive.py.
CREATE OR REPLACE FUNCTION pos_receive_alone_v1(p_tenant bigint, p_api_key bigint, p_context jsonb, a jsonb, p_lines jsonb,
                                     p_body bytea) RETURNS jsonb LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
    event_key text := a ->> 'k';
    fingerprint bytea := decode(a ->> 'hash', 'hex');
    does text := a ->> 'd';
    posts boolean := does = 'post';
    result text := CASE does WHEN 'post' THEN 'processed' WHEN 'hold' THEN 'quarantined' ELSE 'rejected' END;
    why text := coalesce(a ->> 'why', '');
    raw_id bigint := nextval('events_raw_id_seq');
    case_id uuid := CASE WHEN does = 'hold' THEN gen_random_uuid() END;
    new_journal bigint := CASE WHEN jsonb_typeof(a -> 'j') = 'object' THEN nextval('journals_id_seq') END;
    key_id bigint;
    live boolean;
    awaited boolean := false;
    f bigint[] := (a -> 's' ->> 'f')::bigint[];
    ignored text; -- an assignment is evaluated without the executor that PERFORM starts
BEGIN
    -- For row-level security: the caller's statement is the whole transaction.
    ignored := set_config('app.tenant_id', p_tenant::text, true);
    IF does <> 'reject' THEN
        INSERT INTO events_processed (id, tenant_id, idempotency_key, event_type, source_system, source_event_id,
                status, payload_hash_first, payload_hash_last, effective_hash, effective_raw_id, first_raw_id,
                last_raw_id, first_seen_at, last_seen_at, processed_at, journal_id, last_error_code,
                last_exception_id, device_id, device_seq)
            SELECT nextval('events_processed_id_seq'), p_tenant, event_key, coalesce(a ->> 'et', ''),
                   coalesce(a ->> 'ss', ''), a ->> 'claim', result, fingerprint, fingerprint,
                   CASE WHEN posts THEN fingerprint END, CASE WHEN posts THEN raw_id END, raw_id, raw_id,
                   received, received, CASE WHEN posts THEN received END, new_journal, why, case_id,
                   a ->> 'dev', (a ->> 'seq')::bigint
            FROM tenants t JOIN api_keys k ON k.tenant_id IS NOT DISTINCT FROM t.id
            WHERE t.id = p_tenant AND t.version = (p_context ->> 'version')::integer
              AND k.id = p_api_key AND k.revoked_at IS NULL
              AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
            ON CONFLICT DO NOTHING RETURNING id INTO key_id;
    END IF;
    IF key_id IS NULL THEN
        SELECT EXISTS (SELECT FROM tenants t JOIN api_keys k ON k.tenant_id IS NOT DISTINCT FROM t.id
                       WHERE t.id = p_tenant AND t.version = (p_context ->> 'version')::integer
                         AND k.id = p_api_key AND k.revoked_at IS NULL
                         AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())) INTO live;
        IF NOT live THEN
            RETURN '{"stale": true}';
        ELSIF does <> 'reject' THEN
            RETURN '{"again": true}';
        END IF;
    END IF;
    INSERT INTO events_raw (id, tenant_id, api_key_id, received_at, raw_body, raw_sha256, redacted_mac, raw_length,
                            headers, request_id, payload_sha256, event_id, schema_version, store_code,
                            source_system, source_event_id, event_type, txn_id, occurred_at, device_sent_at, corrected_at)
        VALUES (raw_id, p_tenant, p_api_key, received, p_body,
                CASE WHEN a ->> 'mac' IS NULL THEN sha256(p_body) END, decode(a ->> 'mac', 'hex'),
                coalesce((a ->> 'len')::integer, length(p_body)), p_context -> 'headers', p_context ->> 'request',
                fingerprint, event_key, a ->> 'sv', a ->> 'st', a ->> 'ss', a ->> 'se', a ->> 'et', a ->> 'tx',
                coalesce(a ->> 'claimed', a ->> 'at')::timestamptz, (p_context ->> 'sent')::timestamptz,
                CASE WHEN a ? 'claimed' THEN (a ->> 'at')::timestamptz END);
    IF new_journal IS NOT NULL THEN
        ignored := ledger_post_v1(p_tenant, jsonb_build_array(
            (a -> 'j') || jsonb_build_object('o', a -> 'o', 'id', new_journal, 'key', event_key)), p_lines)::text;
        INSERT INTO sales (journal_id, tenant_id, event_key, raw_id, store_code, register_code, txn_id, event_type, currency,
                       business_date, occurred_at, is_late, sign, sales_count, returns_count, items, gross_minor,
                       returns_minor, discounts_minor, tax_minor, tips_minor, service_minor, liabilities_minor,
                       total_minor, cash_minor, card_minor, external_minor, gift_card_minor, store_credit_minor,
                       house_account_minor)
            VALUES (new_journal, p_tenant, event_key, raw_id, a ->> 'st', a -> 's' ->> 'reg', a ->> 'tx', a ->> 'et',
                    a -> 's' ->> 'cur', (a -> 'j' ->> 'date')::date, (a ->> 'at')::timestamptz,
                    (a -> 'j' ->> 'late')::boolean, f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8],
                    f[9], f[10], f[11], f[12], f[13], f[14], f[15], f[16], f[17], f[18]);
        IF p_context ? 'waits' THEN
            awaited := pos_somebody_waits_v1(p_tenant, event_key, a ->> 'st', a ->> 'tx');
        END IF;
    END IF;
    IF case_id IS NOT NULL THEN
        PERFORM exceptions_open_v1(p_tenant, jsonb_build_array(jsonb_build_object(
            'id', case_id, 'key', event_key, 'raw', raw_id, 'store', left(a ->> 'st', 64), 'reason', why,
            'details', a -> 'details', 'risk', a -> 'risk', 'currency', a ->> 'cur')));
    END IF;
    INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code, exception_id, journal_id)
        VALUES (raw_id, p_tenant, result, why, case_id, new_journal);
    IF posts AND jsonb_typeof(a -> 'audit') = 'object' THEN
        INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id, after, request_id)
            VALUES (p_tenant, p_context ->> 'actor', a -> 'audit' ->> 'action', 'event', event_key,
                    a -> 'audit' -> 'after', coalesce(p_context ->> 'request', ''));
    END IF;
    RETURN jsonb_build_object('awaited', awaited, 'raw', jsonb_build_array(raw_id), 'known', '[]'::jsonb, 'clash', '[]'::jsonb,
        'fresh', CASE WHEN key_id IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object(
            'o', a -> 'o', 'key', key_id, 'j', new_journal, 'x', case_id, 'why', a -> 'why', 'r', result)) END);
END $$;
