-- The clocks and the sequences of devices. An arrival (see 0002_gate.sql) may also have
--   "claimed": what the event says, where its "at" was corrected by its device's clock;
--   "dev", "seq": the device's own number of the event, which its key is to own, as it owns its source event id;
-- and the context "sent": what that clock said when the device sent the request.

CREATE OR REPLACE FUNCTION pos_capture_v1(p_tenant bigint, p_api_key bigint, p_context jsonb, p_arrivals jsonb, p_bodies bytea[])
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    raw_ids bigint[];
    a jsonb := p_arrivals -> 0;
BEGIN
    IF cardinality(p_bodies) = 1 THEN
        raw_ids := ARRAY[nextval('events_raw_id_seq')];
        INSERT INTO events_raw (id, tenant_id, api_key_id, received_at, raw_body, raw_sha256, redacted_mac, raw_length,
                                headers, request_id, payload_sha256, event_id, schema_version, store_code,
                                source_system, source_event_id, event_type, txn_id, occurred_at, device_sent_at,
                                corrected_at)
            VALUES (raw_ids[1], p_tenant, p_api_key, (p_context ->> 'at')::timestamptz, p_bodies[1],
                    CASE WHEN a ->> 'mac' IS NULL THEN sha256(p_bodies[1]) END, decode(a ->> 'mac', 'hex'),
                    coalesce((a ->> 'len')::integer, length(p_bodies[1])), p_context -> 'headers',
                    p_context ->> 'request', decode(a ->> 'hash', 'hex'), a ->> 'k', a ->> 'sv', a ->> 'st', a ->> 'ss',
                    a ->> 'se', a ->> 'et', a ->> 'tx', coalesce(a ->> 'claimed', a ->> 'at')::timestamptz,
                    (p_context ->> 'sent')::timestamptz,
                    CASE WHEN a ? 'claimed' THEN (a ->> 'at')::timestamptz END);
        RETURN raw_ids;
    END IF;
    SELECT array_agg(nextval('events_raw_id_seq') ORDER BY n) INTO raw_ids
        FROM generate_series(1, cardinality(p_bodies)) AS n;
    INSERT INTO events_raw (id, tenant_id, api_key_id, received_at, raw_body, raw_sha256, redacted_mac, raw_length,
                            headers, request_id, payload_sha256, event_id, schema_version, store_code,
                            source_system, source_event_id, event_type, txn_id, occurred_at, device_sent_at, corrected_at)
        SELECT raw_ids[a.o], p_tenant, p_api_key, (p_context ->> 'at')::timestamptz, p_bodies[a.o],
               CASE WHEN a.mac IS NULL THEN sha256(p_bodies[a.o]) END, decode(a.mac, 'hex'),
               coalesce(a.len, length(p_bodies[a.o])), p_context -> 'headers', p_context ->> 'request',
               decode(a.hash, 'hex'), a.k, a.sv, a.st, a.ss, a.se, a.et, a.tx, coalesce(a.claimed, a.at),
               (p_context ->> 'sent')::timestamptz, CASE WHEN a.claimed IS NOT NULL THEN a.at END
        FROM jsonb_to_recordset(p_arrivals) AS a(
            o integer, k text, hash text, mac text, len integer, sv text, st text, ss text, se text, et text,
            tx text, at timestamptz, claimed timestamptz);
    RETURN raw_ids;
END $$;

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
            FROM tenants t JOIN api_keys k ON k.tenant_id = t.id
            WHERE t.id = p_tenant AND t.version = (p_context ->> 'version')::integer
              AND k.id = p_api_key AND k.revoked_at IS NULL
              AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
            ON CONFLICT DO NOTHING RETURNING id INTO key_id;
    END IF;
    IF key_id IS NULL THEN
        SELECT EXISTS (SELECT FROM tenants t JOIN api_keys k ON k.tenant_id = t.id
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

CREATE OR REPLACE FUNCTION pos_take_keys_v1(p_tenant bigint, p_context jsonb, p_arrivals jsonb, p_lines jsonb, p_raw_ids bigint[])
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
    fresh jsonb;
    journals jsonb;
    cases jsonb;
    facts jsonb;
    refs jsonb;
    waits jsonb;
    mirrors jsonb;
    mirror_facts jsonb;
    awaited boolean := false;
    rest text[];
BEGIN
    WITH lead AS (
        SELECT a.*, p_raw_ids[a.o] AS raw_id,
               CASE WHEN a.j IS NOT NULL THEN nextval('journals_id_seq') END AS journal_id,
               CASE WHEN a.m IS NOT NULL THEN nextval('journals_id_seq') END AS mirror_id,
               CASE WHEN a.d = 'hold' THEN gen_random_uuid() END AS case_id
        FROM jsonb_to_recordset(p_arrivals) AS a(
            o integer, k text, d text, hash text, et text, ss text, claim text, st text, why text, details jsonb,
            risk bigint, cur text, tx text, at text, j jsonb, s jsonb, r jsonb, m jsonb, w jsonb, dev text, seq bigint)
        WHERE a.d IN ('post', 'hold')
    ), taken AS (
        -- In key order, so that two batches never wait for each other crosswise.
        INSERT INTO events_processed (id, tenant_id, idempotency_key, event_type, source_system, source_event_id,
                status, payload_hash_first, payload_hash_last, effective_hash, effective_raw_id, first_raw_id,
                last_raw_id, first_seen_at, last_seen_at, processed_at, journal_id, last_error_code,
                last_exception_id, device_id, device_seq)
            SELECT nextval('events_processed_id_seq'), p_tenant, k, coalesce(et, ''), coalesce(ss, ''), claim,
                   CASE d WHEN 'post' THEN 'processed' ELSE 'quarantined' END,
                   decode(hash, 'hex'), decode(hash, 'hex'),
                   CASE d WHEN 'post' THEN decode(hash, 'hex') END, CASE d WHEN 'post' THEN raw_id END,
                   raw_id, raw_id, received, received, CASE d WHEN 'post' THEN received END,
                   journal_id, coalesce(why, ''), case_id, dev, seq
            FROM lead ORDER BY k
            ON CONFLICT DO NOTHING
            RETURNING id, idempotency_key
    )
    SELECT jsonb_agg(jsonb_build_object('o', o, 'raw', raw_id, 'key', t.id, 'j', journal_id, 'x', case_id, 'why', why,
                                        'r', CASE d WHEN 'post' THEN 'processed' ELSE 'quarantined' END))
               FILTER (WHERE t.idempotency_key IS NOT NULL),
           jsonb_agg(j || jsonb_build_object('o', o, 'id', journal_id, 'key', k))
               FILTER (WHERE t.idempotency_key IS NOT NULL AND journal_id IS NOT NULL),
           jsonb_agg(jsonb_build_object('id', case_id, 'key', k, 'raw', raw_id, 'store', left(st, 64), 'reason', why,
                                        'details', details, 'risk', risk, 'currency', cur))
               FILTER (WHERE t.idempotency_key IS NOT NULL AND case_id IS NOT NULL),
           array_agg(k) FILTER (WHERE t.idempotency_key IS NULL),
           jsonb_agg(s || jsonb_build_object('j', journal_id, 'k', k, 'raw', raw_id, 'st', st, 'tx', tx, 'et', et,
                                             'at', at, 'date', j -> 'date', 'late', j -> 'late'))
               FILTER (WHERE t.idempotency_key IS NOT NULL AND journal_id IS NOT NULL),
           jsonb_agg(jsonb_build_object('j', journal_id, 'k', k, 'rows', r))
               FILTER (WHERE t.idempotency_key IS NOT NULL AND r IS NOT NULL),
           jsonb_agg(jsonb_build_object('k', k, 'st', st, 'of', w -> 'of', 'tx', w -> 'tx'))
               FILTER (WHERE t.idempotency_key IS NOT NULL AND w IS NOT NULL),
           jsonb_agg((m -> 'j') || jsonb_build_object('o', -o, 'id', mirror_id, 'key', k))
               FILTER (WHERE t.idempotency_key IS NOT NULL AND m IS NOT NULL),
           jsonb_agg(pos_facts_v1(to_jsonb(lead), m -> 's', m -> 'j', mirror_id, raw_id))
               FILTER (WHERE t.idempotency_key IS NOT NULL AND m IS NOT NULL)
        INTO fresh, journals, cases, rest, facts, refs, waits, mirrors, mirror_facts
        FROM lead LEFT JOIN taken t ON t.idempotency_key = k;

    IF journals IS NOT NULL THEN
        PERFORM ledger_post_v1(p_tenant, journals || coalesce(mirrors, '[]'), p_lines);
        PERFORM pos_record_facts_v1(p_tenant, facts || coalesce(mirror_facts, '[]'), refs);
        SELECT coalesce(bool_or(pos_somebody_waits_v1(p_tenant, f.k, f.st, f.tx)), false) INTO awaited
            FROM jsonb_to_recordset(facts) AS f(k text, st text, tx text)
            WHERE p_context ? 'waits';
    END IF;
    IF cases IS NOT NULL THEN
        PERFORM exceptions_open_v1(p_tenant, cases);
    END IF;
    IF waits IS NOT NULL THEN
        INSERT INTO event_waits (tenant_id, event_key, original_key, store_code, txn_id)
            SELECT p_tenant, w.k, w.of, w.st, w.tx FROM jsonb_to_recordset(waits) AS w(k text, of text, st text, tx text);
    END IF;
    IF fresh IS NOT NULL THEN
        INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code, exception_id, journal_id)
            SELECT f.raw, p_tenant, f.r, coalesce(f.why, ''), f.x, f.j
            FROM jsonb_to_recordset(fresh) AS f(raw bigint, r text, why text, x uuid, j bigint);
        IF p_context ? 'audit' THEN
            INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id, after, request_id)
                SELECT p_tenant, p_context ->> 'actor', a.audit ->> 'action', 'event', a.k, a.audit -> 'after',
                       coalesce(p_context ->> 'request', '')
                FROM jsonb_to_recordset(p_arrivals) AS a(o integer, k text, audit jsonb)
                JOIN jsonb_to_recordset(fresh) AS f(o integer, r text) USING (o)
                WHERE a.audit IS NOT NULL AND f.r = 'processed';
        END IF;
    END IF;
    RETURN jsonb_build_object('awaited', awaited, 'fresh', coalesce(fresh, '[]'), 'known', '[]'::jsonb, 'clash', '[]'::jsonb)
        || CASE WHEN rest IS NULL THEN '{}' ELSE pos_known_or_clash_v1(p_tenant, p_arrivals, rest) END;
END $$;

-- ── Device sequences ───────────────────────────────────────────────────────────────────────────
-- A number that a key has claimed stays its event's; otherwise as in 0002_gate.sql.
CREATE OR REPLACE FUNCTION pos_keys_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.tenant_id, NEW.idempotency_key, NEW.payload_hash_first, NEW.first_raw_id, NEW.first_seen_at,
           NEW.device_id, NEW.device_seq)
          IS DISTINCT FROM
          (OLD.id, OLD.tenant_id, OLD.idempotency_key, OLD.payload_hash_first, OLD.first_raw_id, OLD.first_seen_at,
           OLD.device_id, OLD.device_seq)
       OR NEW.arrivals < OLD.arrivals OR NEW.last_raw_id < OLD.last_raw_id THEN
        RAISE EXCEPTION 'A key keeps its beginning, only moves forward and is never deleted.'
            USING ERRCODE = '23514', CONSTRAINT = 'events_processed_moves_forward', TABLE = 'events_processed';
    END IF;
    RETURN NEW;
END $$;

-- Folds what has come of every device into its ranges. What is new lies in the holes between them, below the first and
-- above the last one: these are read, and nothing that is in a range already. So it needs no mark, and misses nothing,
-- whatever was committed in whatever order. One probe of the index for each device and hole, and what is new.
-- Whoever asks while another one folds waits, and then sees what that one did. :returns: {"events": how many}.
-- SECURITY DEFINER: the application role itself may not write ranges.
CREATE FUNCTION pos_fold_devices_v1(p_tenant bigint) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off SET jit = off AS $$
DECLARE
    runs jsonb;
    touched jsonb;
    events bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('devices'), hashint8(p_tenant));
    WITH RECURSIVE known(device_id) AS ( -- one look-up per device
        SELECT min(e.device_id) FROM events_processed e WHERE e.tenant_id = p_tenant AND e.device_seq IS NOT NULL
        UNION ALL
        SELECT (SELECT min(e.device_id) FROM events_processed e
                WHERE e.tenant_id = p_tenant AND e.device_id > k.device_id AND e.device_seq IS NOT NULL)
        FROM known k WHERE k.device_id IS NOT NULL
    ), bounds(device_id, first_seq, last_seq) AS (
        SELECT k.device_id, NULL::bigint, 0::bigint FROM known k WHERE k.device_id IS NOT NULL
        UNION ALL
        SELECT r.device_id, r.first_seq, r.last_seq FROM device_ranges r WHERE r.tenant_id = p_tenant
    ), holes AS (
        SELECT b.device_id, b.first_seq AS before, b.last_seq AS above,
               lead(b.first_seq) OVER (PARTITION BY b.device_id ORDER BY b.last_seq) AS after
        FROM bounds b
    ), fresh AS MATERIALIZED (
        SELECT h.*, e.device_seq, e.first_seen_at, e.first_raw_id,
               e.device_seq - row_number() OVER (PARTITION BY h.device_id ORDER BY e.device_seq) AS island
        FROM holes h CROSS JOIN LATERAL (
            SELECT k.device_seq, k.first_seen_at, k.first_raw_id FROM events_processed k
            WHERE k.tenant_id = p_tenant AND k.device_id = h.device_id AND k.device_seq IS NOT NULL
              AND k.device_seq > h.above AND k.device_seq <= coalesce(h.after - 1, 9223372036854775807)) e
    ), news AS (
        INSERT INTO devices AS d (tenant_id, device_id, store_code, last_received_at)
            SELECT p_tenant, l.device_id, left(coalesce(r.store_code, ''), 64), l.first_seen_at
            FROM (SELECT DISTINCT ON (f.device_id) f.device_id, f.first_seen_at, f.first_raw_id FROM fresh f
                  ORDER BY f.device_id, f.first_seen_at DESC, f.device_seq DESC) l
            JOIN events_raw r ON r.id = l.first_raw_id
        ON CONFLICT (tenant_id, device_id) DO UPDATE
            SET store_code = excluded.store_code, last_received_at = excluded.last_received_at
            WHERE excluded.last_received_at > d.last_received_at
    ), islands AS (
        SELECT f.device_id, f.before, f.above, f.after, min(f.device_seq) AS first_seq, max(f.device_seq) AS last_seq
        FROM fresh f GROUP BY f.device_id, f.before, f.above, f.after, f.island
    )
    SELECT jsonb_agg(to_jsonb(i)), (SELECT count(*) FROM fresh) INTO runs, events FROM islands i;
    IF runs IS NULL THEN
        RETURN '{"events": 0}';
    END IF;
    WITH gone AS (
        DELETE FROM device_ranges r
        USING jsonb_to_recordset(runs) AS n(
            device_id text, before bigint, above bigint, after bigint, first_seq bigint, last_seq bigint)
        WHERE r.tenant_id = p_tenant AND r.device_id = n.device_id
          AND ((r.first_seq = n.before AND n.first_seq = n.above + 1) OR (r.first_seq = n.after AND n.last_seq = n.after - 1))
        RETURNING r.device_id, r.first_seq, r.last_seq
    )
    SELECT coalesce(jsonb_agg(to_jsonb(g)), '[]') INTO touched FROM gone g;
    INSERT INTO device_ranges (tenant_id, device_id, first_seq, last_seq)
        SELECT p_tenant, m.device_id, min(m.first_seq), max(m.last_seq)
        FROM (
            SELECT s.*, sum(s.starts) OVER (PARTITION BY s.device_id ORDER BY s.first_seq) AS island
            FROM (
                SELECT x.*, CASE WHEN lag(x.last_seq) OVER (PARTITION BY x.device_id ORDER BY x.first_seq)
                                      = x.first_seq - 1 THEN 0 ELSE 1 END AS starts
                FROM jsonb_to_recordset(runs || touched) AS x(device_id text, first_seq bigint, last_seq bigint)
            ) s
        ) m
        GROUP BY m.device_id, m.island;
    RETURN jsonb_build_object('events', events);
END $$;
REVOKE ALL ON FUNCTION pos_fold_devices_v1(bigint) FROM PUBLIC;

-- ── Guards, whoever writes ─────────────────────────────────────────────────────────────────────
-- Ranges of a device neither overlap nor touch: between any two of them something is missing.
CREATE FUNCTION pos_device_ranges_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM new_rows n
        WHERE n.last_seq >= (SELECT min(r.first_seq) - 1 FROM device_ranges r WHERE r.tenant_id = n.tenant_id
                             AND r.device_id = n.device_id AND r.first_seq > n.first_seq)
           OR n.first_seq - 1 <= (SELECT r.last_seq FROM device_ranges r WHERE r.tenant_id = n.tenant_id
                                  AND r.device_id = n.device_id AND r.first_seq < n.first_seq
                                  ORDER BY r.first_seq DESC LIMIT 1)) THEN
        PERFORM ledger_refuse_v1('device_ranges_apart', 'Ranges of a device neither overlap nor touch.');
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ranges_come_apart AFTER INSERT ON device_ranges
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_device_ranges_guard_v1();
ALTER TABLE device_ranges ENABLE ALWAYS TRIGGER ranges_come_apart;
CREATE TRIGGER ranges_stay_apart AFTER UPDATE ON device_ranges
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION pos_device_ranges_guard_v1();
ALTER TABLE device_ranges ENABLE ALWAYS TRIGGER ranges_stay_apart;

CALL ledgersafe_make_append_only_v1('device_gap_explanations');

-- Only what is missing is explained, and once. Two who explain at once come one after the other.
CREATE FUNCTION pos_gap_explanations_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('devices'), hashint8(NEW.tenant_id));
    IF EXISTS (SELECT FROM device_gap_explanations x WHERE x.tenant_id = NEW.tenant_id AND x.device_id = NEW.device_id
               AND x.first_seq <= NEW.last_seq AND x.last_seq >= NEW.first_seq) THEN
        PERFORM ledger_refuse_v1('device_gap_explanations_once', 'Some of these numbers are explained already.');
    END IF;
    IF EXISTS (SELECT FROM events_processed k WHERE k.tenant_id = NEW.tenant_id AND k.device_id = NEW.device_id
               AND k.device_seq IS NOT NULL AND k.device_seq BETWEEN NEW.first_seq AND NEW.last_seq)
       OR NOT EXISTS (SELECT FROM events_processed k WHERE k.tenant_id = NEW.tenant_id
                      AND k.device_id = NEW.device_id AND k.device_seq IS NOT NULL AND k.device_seq < NEW.first_seq)
       OR NOT EXISTS (SELECT FROM events_processed k WHERE k.tenant_id = NEW.tenant_id
                      AND k.device_id = NEW.device_id AND k.device_seq IS NOT NULL AND k.device_seq > NEW.last_seq) THEN
        PERFORM ledger_refuse_v1('device_gap_explanations_of_a_gap',
            'Not all of these numbers are missing between events of the device.');
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER explanations_guard BEFORE INSERT ON device_gap_explanations
    FOR EACH ROW EXECUTE FUNCTION pos_gap_explanations_guard_v1();
ALTER TABLE device_gap_explanations ENABLE ALWAYS TRIGGER explanations_guard;
