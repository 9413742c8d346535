CREATE OR REPLACE FUNCTION pos_mirrors_v1(one bigint, other bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT count(*) > 0 AND bool_and(off = 0) FROM (
        SELECT sum(p.amount_minor) AS off FROM postings p WHERE p.journal_id IN (one, other) GROUP BY p.account_id) sums
$$;

CREATE OR REPLACE FUNCTION pos_check_original_v1(p_tenant bigint, p_key text) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    original record;
    used record;
    sold record;
BEGIN
    UPDATE events_processed SET arrivals = arrivals WHERE tenant_id = p_tenant AND idempotency_key = p_key
        RETURNING status, journal_id INTO original;
    SELECT coalesce(sum(sign) FILTER (WHERE kind = 'VOID'), 0) AS voids,
           coalesce(sum(sign) FILTER (WHERE kind = 'CORRECTION'), 0) AS corrections,
           coalesce(sum(sign) FILTER (WHERE kind = 'RETURN'), 0) AS returns,
           coalesce(sum(sign) FILTER (WHERE kind = 'TIP_ADJUST'), 0) AS tips,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'RETURN'), 0) AS returned,
           coalesce(sum(amount_minor) FILTER (WHERE kind = 'TIP_ADJUST'), 0) AS tipped,
           max(journal_id) FILTER (WHERE kind = 'CORRECTION' AND sign = 1) AS correction
        INTO used FROM sale_references WHERE tenant_id = p_tenant AND original_key = p_key;
    IF used.voids = 0 AND used.corrections = 0 AND used.returns = 0 AND used.tips = 0 AND used.returned = 0
       AND used.tipped = 0 THEN
        RETURN;
    END IF;
    IF used.voids NOT IN (0, 1) OR used.corrections NOT IN (0, 1)
       OR (used.voids = 1 AND (used.corrections <> 0 OR used.returns <> 0 OR used.tips <> 0)) THEN
        PERFORM ledger_refuse_v1('sale_references_once',
            format('%s is voided or corrected once, and voided only when nothing else became of it.', p_key));
    END IF;
    SELECT total_minor, tips_minor INTO sold FROM sales WHERE tenant_id = p_tenant
        AND journal_id = CASE WHEN used.corrections = 1 THEN used.correction ELSE original.journal_id END;
    IF NOT FOUND OR original.status <> 'processed' THEN
        PERFORM ledger_refuse_v1('sale_references_original_stands', format('%s does not stand in the books.', p_key));
    END IF;
    IF used.returns < 0 OR used.returned < 0 OR used.returned > greatest(sold.total_minor, 0)
       OR (used.tips <> 0 AND sold.tips_minor + used.tipped < 0) THEN
        PERFORM ledger_refuse_v1('sale_references_within_original',
            format('More would have been returned or taken back than %s came to.', p_key));
    END IF;
END $$;

CREATE OR REPLACE FUNCTION pos_references_guard_v1() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
BEGIN
    IF (SELECT count(*) FROM journals WHERE tenant_id = NEW.tenant_id AND id IN (NEW.journal_id, NEW.base_journal_id)) < 2
    THEN
        PERFORM ledger_refuse_v1('sale_references_tenant_agrees',
            'A reference names a journal that is not of its tenant.');
    END IF;
    PERFORM pos_check_original_v1(NEW.tenant_id, NEW.original_key);
    IF (NEW.kind = 'VOID' AND NEW.sign = 1 AND NOT pos_mirrors_v1(NEW.journal_id, NEW.base_journal_id))
       OR (NEW.kind = 'CORRECTION' AND NEW.sign = 1 AND NOT EXISTS (
            SELECT FROM journals m WHERE m.tenant_id = NEW.tenant_id AND m.source = 'correction'
            AND m.source_key = NEW.event_key AND m.reverses_id IS NULL AND pos_mirrors_v1(m.id, NEW.base_journal_id))) THEN
        PERFORM ledger_refuse_v1('sale_references_mirror',
            format('Journal %s does not undo journal %s.', NEW.journal_id, NEW.base_journal_id));
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION pos_originals_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM sale_references WHERE tenant_id = NEW.tenant_id AND original_key = NEW.idempotency_key) THEN
        PERFORM pos_check_original_v1(NEW.tenant_id, NEW.idempotency_key);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION pos_apply_v1(p_tenant bigint, p_context jsonb, p_judged jsonb, p_cases jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
BEGIN
    IF jsonb_array_length(p_cases) > 0 THEN
        PERFORM exceptions_open_v1(p_tenant, p_cases);
    END IF;
    INSERT INTO event_versions (tenant_id, event_key_id, payload_hash, first_raw_id, disposition)
        SELECT p_tenant, a.key, decode(a.hash, 'hex'), a.raw, 'held'
        FROM jsonb_to_recordset(p_judged) AS a(raw bigint, key bigint, hash text, version boolean)
        WHERE a.version;
    INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code, exception_id, journal_id)
        SELECT a.raw, p_tenant, a.r, coalesce(a.why, ''), a.x, a.j
        FROM jsonb_to_recordset(p_judged) AS a(raw bigint, r text, why text, x uuid, j bigint);
    UPDATE events_processed k
        SET arrivals = k.arrivals + seen.number,
            last_seen_at = greatest(k.last_seen_at, received),
            last_raw_id = greatest(k.last_raw_id, seen.raw),
            payload_hash_last = CASE WHEN seen.raw > k.last_raw_id THEN decode(seen.hash, 'hex')
                                     ELSE k.payload_hash_last END,
            last_error_code = coalesce(seen.why, k.last_error_code),
            last_exception_id = coalesce(seen.x, k.last_exception_id)
        FROM (SELECT a.key, count(*) AS number, max(a.raw) AS raw,
                     (array_agg(a.hash ORDER BY a.raw DESC))[1] AS hash,
                     (array_agg(a.why ORDER BY a.raw DESC) FILTER (WHERE a.r = 'quarantined'))[1] AS why,
                     (array_agg(a.x ORDER BY a.raw DESC) FILTER (WHERE a.r = 'quarantined'))[1] AS x
              FROM jsonb_to_recordset(p_judged) AS a(raw bigint, key bigint, hash text, r text, why text, x uuid)
              GROUP BY a.key) seen
        WHERE k.id = seen.key AND k.tenant_id = p_tenant;
END $$;

CREATE OR REPLACE FUNCTION pos_decide_v1(p_tenant bigint, p_context jsonb, p_rulings jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
BEGIN
    INSERT INTO event_versions (tenant_id, event_key_id, payload_hash, first_raw_id, disposition, patched_body)
        SELECT p_tenant, r.key, decode(v.hash, 'hex'), v.raw, v.d, v.body
        FROM jsonb_to_recordset(p_rulings) AS r(key bigint, versions jsonb),
             jsonb_to_recordset(r.versions) AS v(hash text, raw bigint, d text, body text)
        ON CONFLICT (tenant_id, event_key_id, payload_hash) DO UPDATE SET disposition = excluded.disposition;
    UPDATE events_processed k
        SET status = r.status, effective_hash = decode(r.hash, 'hex'), effective_raw_id = r.raw, journal_id = r.journal,
            processed_at = CASE WHEN r.posted THEN (p_context ->> 'at')::timestamptz
                                WHEN r.status = 'processed' THEN k.processed_at END,
            source_event_id = coalesce(r.claim, k.source_event_id)
        FROM jsonb_to_recordset(p_rulings) AS r(
            key bigint, status text, hash text, raw bigint, journal bigint, posted boolean, claim text)
        WHERE k.id = r.key AND k.tenant_id = p_tenant;
END $$;

CREATE OR REPLACE FUNCTION pos_key_states_v1(p_tenant bigint, p_keys text[]) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM events_processed WHERE tenant_id = p_tenant AND idempotency_key = ANY (p_keys)
        ORDER BY idempotency_key FOR UPDATE;
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', l.id, 'k', l.idempotency_key, 'status', l.status, 'journal', l.journal_id,
        'first', encode(l.payload_hash_first, 'hex'), 'effective', encode(l.effective_hash, 'hex'),
        'case', (SELECT e.id FROM exceptions e WHERE e.tenant_id = p_tenant
                 AND e.idempotency_key = l.idempotency_key AND e.status = 'open'),
        'versions', (SELECT coalesce(jsonb_object_agg(encode(v.payload_hash, 'hex'), v.disposition), '{}')
                     FROM event_versions v WHERE v.tenant_id = p_tenant AND v.event_key_id = l.id))), '[]')
        FROM events_processed l WHERE l.tenant_id = p_tenant AND l.idempotency_key = ANY (p_keys));
END $$;

CREATE OR REPLACE FUNCTION pos_known_or_clash_v1(p_tenant bigint, p_arrivals jsonb, p_rest text[]) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    known jsonb := pos_key_states_v1(p_tenant, p_rest);
BEGIN
    RETURN jsonb_build_object('known', known, 'clash', (
        SELECT coalesce(jsonb_agg(a.o), '[]') FROM jsonb_to_recordset(p_arrivals) AS a(o integer, k text, d text)
        WHERE a.d IN ('post', 'hold') AND a.k = ANY (p_rest)
          AND NOT EXISTS (SELECT FROM events_processed WHERE tenant_id = p_tenant AND idempotency_key = a.k)));
END $$;

CREATE OR REPLACE FUNCTION pos_somebody_waits_v1(p_tenant bigint, p_key text, p_store text, p_txn text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM event_waits WHERE tenant_id = p_tenant AND original_key = p_key)
        OR EXISTS (SELECT FROM event_waits WHERE tenant_id = p_tenant AND txn_id = p_txn AND store_code = p_store);
END $$;

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

CREATE OR REPLACE FUNCTION pos_receive_v2(p_tenant bigint, p_api_key bigint, p_context jsonb, p_arrivals jsonb, p_lines jsonb,
                               p_bodies bytea[]) RETURNS jsonb LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    raw_ids bigint[];
    settled jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM tenants t JOIN api_keys k ON k.tenant_id = t.id
                   WHERE t.id = p_tenant AND t.version = (p_context ->> 'version')::integer
                     AND k.id = p_api_key AND k.revoked_at IS NULL
                     AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())) THEN
        RETURN '{"stale": true}';
    END IF;
    raw_ids := pos_capture_v1(p_tenant, p_api_key, p_context, p_arrivals, p_bodies);
    IF p_context ? 'rejects' THEN
        INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code)
            SELECT raw_ids[a.o], p_tenant, 'rejected', a.why
            FROM jsonb_to_recordset(p_arrivals) AS a(o integer, d text, why text) WHERE a.d = 'reject';
    END IF;
    settled := pos_settle_v1(p_tenant, p_context, p_arrivals, p_lines, raw_ids);
    RETURN settled || jsonb_build_object('raw', to_jsonb(raw_ids));
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

DROP FUNCTION pos_open_case_v1(bigint, text);
DROP FUNCTION pos_anybody_waits_v1(bigint, text[], text[], text[]);
