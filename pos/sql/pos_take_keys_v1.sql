-- Take the keys of the new arrivals of a batch, and post or hold each as was decided: journals, headers, references,
-- cases, waits, outcomes, audit entries.
--
-- Headers and outcomes are written of the arrivals themselves, not of JSON made of them.
--
-- Parameters: p_tenant, p_context; p_arrivals, p_lines: see pos_receive_v2; p_raw_ids: by the arrivals' ordinals.
-- Answer: {"fresh": [{"o", "raw", "key": key id, "r": result, "why", "j": journal, "x": case}], "known": [key states,
--     see pos_key_states_v1], "clash": [ordinals, see pos_known_or_clash_v1], "awaited": whether an event waits for
--     one of these}.
-- Locks: keys by the unique index, in their order, so that two batches never wait for each other crosswise; then as
--     ledger_post_v1; then rows of known keys, FOR UPDATE.
-- Callers: pos_settle_v1.
CREATE OR REPLACE FUNCTION pos_take_keys_v1(p_tenant bigint, p_context jsonb, p_arrivals jsonb, p_lines jsonb, p_raw_ids bigint[])
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
    fresh jsonb;
    journals jsonb;
    cases jsonb;
    refs jsonb;
    waits jsonb;
    mirrors jsonb;
    mirror_facts jsonb;
    awaited boolean := false;
    rest text[];
    -- In parallel: of every new key its arrival and outcome, and of what was posted what may be waited for.
    raws bigint[];
    results text[];
    whys text[];
    case_ids uuid[];
    journal_ids bigint[];
    keys text[];
    stores text[];
    txns text[];
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
    ), got AS ( -- looked up in one object: a join might compare all with all
        SELECT coalesce(jsonb_object_agg(t.idempotency_key, t.id), '{}') AS ids FROM taken t
    ), known AS MATERIALIZED (
        SELECT lead.*, (got.ids ->> k)::bigint AS key_id, CASE d WHEN 'post' THEN 'processed' ELSE 'quarantined' END AS result
        FROM lead CROSS JOIN got
    ), headers AS (
        INSERT INTO sales (journal_id, tenant_id, event_key, raw_id, store_code, register_code, txn_id, event_type,
                           currency, business_date, occurred_at, is_late, sign, sales_count, returns_count, items,
                           gross_minor, returns_minor, discounts_minor, tax_minor, tips_minor, service_minor,
                           liabilities_minor, total_minor, cash_minor, card_minor, external_minor, gift_card_minor,
                           store_credit_minor, house_account_minor)
            SELECT journal_id, p_tenant, k, raw_id, st, s ->> 'reg', tx, et, s ->> 'cur', (j ->> 'date')::date,
                   at::timestamptz, (j ->> 'late')::boolean, f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9],
                   f[10], f[11], f[12], f[13], f[14], f[15], f[16], f[17], f[18]
            FROM (SELECT *, (s ->> 'f')::bigint[] AS f FROM known WHERE key_id IS NOT NULL AND journal_id IS NOT NULL
                  OFFSET 0) posted
    )
    SELECT jsonb_agg(jsonb_build_object('o', o, 'raw', raw_id, 'key', key_id, 'j', journal_id, 'x', case_id, 'why', why,
                                        'r', result))
               FILTER (WHERE key_id IS NOT NULL),
           jsonb_agg(j || jsonb_build_object('o', o, 'id', journal_id, 'key', k))
               FILTER (WHERE key_id IS NOT NULL AND journal_id IS NOT NULL),
           jsonb_agg(jsonb_build_object('id', case_id, 'key', k, 'raw', raw_id, 'store', left(st, 64), 'reason', why,
                                        'details', details, 'risk', risk, 'currency', cur))
               FILTER (WHERE key_id IS NOT NULL AND case_id IS NOT NULL),
           array_agg(k) FILTER (WHERE key_id IS NULL),
           jsonb_agg(jsonb_build_object('j', journal_id, 'k', k, 'rows', r))
               FILTER (WHERE key_id IS NOT NULL AND r IS NOT NULL),
           jsonb_agg(jsonb_build_object('k', k, 'st', st, 'of', w -> 'of', 'tx', w -> 'tx'))
               FILTER (WHERE key_id IS NOT NULL AND w IS NOT NULL),
           jsonb_agg((m -> 'j') || jsonb_build_object('o', -o, 'id', mirror_id, 'key', k))
               FILTER (WHERE key_id IS NOT NULL AND m IS NOT NULL),
           jsonb_agg(pos_facts_v1(to_jsonb(known), m -> 's', m -> 'j', mirror_id, raw_id))
               FILTER (WHERE key_id IS NOT NULL AND m IS NOT NULL),
           array_agg(raw_id) FILTER (WHERE key_id IS NOT NULL), array_agg(result) FILTER (WHERE key_id IS NOT NULL),
           array_agg(coalesce(why, '')) FILTER (WHERE key_id IS NOT NULL),
           array_agg(case_id) FILTER (WHERE key_id IS NOT NULL),
           array_agg(journal_id) FILTER (WHERE key_id IS NOT NULL),
           array_agg(k) FILTER (WHERE key_id IS NOT NULL AND journal_id IS NOT NULL),
           array_agg(st) FILTER (WHERE key_id IS NOT NULL AND journal_id IS NOT NULL),
           array_agg(tx) FILTER (WHERE key_id IS NOT NULL AND journal_id IS NOT NULL)
        INTO fresh, journals, cases, rest, refs, waits, mirrors, mirror_facts, raws, results, whys, case_ids,
             journal_ids, keys, stores, txns
        FROM known;

    IF journals IS NOT NULL THEN
        PERFORM ledger_post_v1(p_tenant, journals || coalesce(mirrors, '[]'), p_lines);
        IF mirror_facts IS NOT NULL OR refs IS NOT NULL THEN
            PERFORM pos_record_facts_v1(p_tenant, coalesce(mirror_facts, '[]'), refs);
        END IF;
        IF p_context ? 'waits' THEN
            awaited := pos_anybody_waits_v1(p_tenant, keys, stores, txns);
        END IF;
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
            SELECT f.raw, p_tenant, f.r, f.why, f.x, f.j
            FROM unnest(raws, results, whys, case_ids, journal_ids) AS f(raw, r, why, x, j);
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
