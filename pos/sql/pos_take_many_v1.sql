-- Take the keys of a batch in columns, and post or hold each as was decided, as pos_take_keys_v1 does from JSON.
--
-- A refusal by a guard refuses the whole: pos_settle_v1 finds out which arrival it is about. The order of the
-- parameters is that of pos/intake/columns.py; an array without any element set is null.
--
-- Parameters: p_tenant; p_context: see pos_receive_v2; p_raw_ids: ascending, one for each arrival;
--   p_does (post | hold | follow | reject), p_keys, p_hashes, p_stores, p_systems, p_types, p_txns, p_ats, p_claims,
--     p_devices, p_numbers, p_whys, p_cases, p_drafts (which draft is its own, from 1, or 0): one for each arrival;
--   p_more: {"place of an arrival, from 1": {"details", "risk", "cur" of a hold, "w": what it waits for, "r": its
--     references, "audit": an entry}} or null;
--   p_of (which arrival makes it), p_sources, p_kinds, p_dates, p_counts, p_late, p_registers, p_currencies, p_figures
--     (18 for each): one for each draft; p_rules: version;
--   p_draft_of, p_line_numbers, p_accounts, p_amounts, p_line_currencies, p_line_currency: lines, as
--     ledger_post_rows_v1 takes them.
-- Answer: {"taken": raw ids of the arrivals whose keys were new, "keys": these keys' ids, "journals": of the drafts,
--     null where the key was taken before, "known": as pos_key_states_v1 answers of the other keys, "awaited": whether
--     an event waits for one of these}.
-- Locks: keys by the unique index, in their order, so that two batches never wait for each other crosswise; then as
--     ledger_post_rows_v1; then rows of known keys, FOR UPDATE.
-- Callers: pos/intake/writer.py, pos_receive_many_v1.
CREATE OR REPLACE FUNCTION pos_take_many_v1(
    p_tenant bigint, p_context jsonb, p_raw_ids bigint[],
    p_does text[], p_keys text[], p_hashes bytea[], p_stores text[], p_systems text[], p_types text[], p_txns text[],
    p_ats timestamptz[], p_claims text[], p_devices text[], p_numbers bigint[], p_whys text[], p_cases uuid[],
    p_drafts bigint[], p_more jsonb,
    p_of bigint[], p_sources text[], p_kinds text[], p_dates date[], p_counts bigint[], p_late boolean[],
    p_registers text[], p_currencies text[], p_figures bigint[], p_rules integer,
    p_draft_of bigint[], p_line_numbers bigint[], p_accounts bigint[], p_amounts bigint[], p_line_currencies text[],
    p_line_currency text) RETURNS jsonb LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
    journal_ids bigint[] := ARRAY(SELECT nextval('journals_id_seq') FROM generate_series(1, cardinality(p_of)));
    key_ids bigint[];
    taken bigint[];
    wanted bigint;
    mine boolean[]; -- null: all of them
    rest text[] := '{}';
    awaited boolean := false;
    ignored text;
    upto integer := 1;
BEGIN
    WITH taken AS (
        -- In key order, so that two batches never wait for each other crosswise.
        INSERT INTO events_processed (id, tenant_id, idempotency_key, event_type, source_system, source_event_id,
                status, payload_hash_first, payload_hash_last, effective_hash, effective_raw_id, first_raw_id,
                last_raw_id, first_seen_at, last_seen_at, processed_at, journal_id, last_error_code,
                last_exception_id, device_id, device_seq)
            SELECT nextval('events_processed_id_seq'), p_tenant, a.key, coalesce(a.type, ''), coalesce(a.system, ''),
                   a.claim, CASE a.does WHEN 'post' THEN 'processed' ELSE 'quarantined' END, a.hash, a.hash,
                   CASE a.does WHEN 'post' THEN a.hash END, CASE a.does WHEN 'post' THEN a.raw END, a.raw, a.raw,
                   received, received, CASE a.does WHEN 'post' THEN received END, journal_ids[a.draft],
                   coalesce(a.why, ''), a.case_id, a.device, a.number
            FROM unnest(p_raw_ids, p_does, p_keys, p_types, p_systems, p_claims, p_hashes, p_drafts, p_whys, p_cases,
                        p_devices, p_numbers)
                 AS a(raw, does, key, type, system, claim, hash, draft, why, case_id, device, number)
            WHERE a.does IN ('post', 'hold') ORDER BY a.key
            ON CONFLICT DO NOTHING
            RETURNING id, first_raw_id
    )
    SELECT array_agg(t.id ORDER BY t.first_raw_id), array_agg(t.first_raw_id ORDER BY t.first_raw_id)
        INTO key_ids, taken FROM taken t;
    wanted := (SELECT count(*) FROM unnest(p_does) AS a(does) WHERE a.does IN ('post', 'hold'));

    IF coalesce(cardinality(taken), 0) < wanted THEN
        mine := array_fill(false, ARRAY[cardinality(p_does)]);
        FOR place IN 1..cardinality(p_does) LOOP -- both in the order of the raw ids: a join might compare all with all
            IF taken[upto] = p_raw_ids[place] THEN
                mine[place] := true;
                upto := upto + 1;
            ELSIF p_does[place] IN ('post', 'hold') THEN
                rest := rest || p_keys[place];
            END IF;
        END LOOP;
        IF upto <= coalesce(cardinality(taken), 0) THEN -- told out of order: half of them would be missing
            RAISE EXCEPTION 'The raw ids are not in order.' USING ERRCODE = '22023';
        END IF;
        journal_ids := ARRAY(SELECT CASE WHEN mine[d.of] THEN d.id END
                             FROM unnest(journal_ids, p_of) WITH ORDINALITY AS d(id, of, place) ORDER BY d.place);
    END IF;

    IF taken IS NOT NULL THEN
        IF p_of IS NOT NULL THEN
            INSERT INTO sales (journal_id, tenant_id, event_key, raw_id, store_code, register_code, txn_id, event_type,
                               currency, business_date, occurred_at, is_late, sign, sales_count, returns_count, items,
                               gross_minor, returns_minor, discounts_minor, tax_minor, tips_minor, service_minor,
                               liabilities_minor, total_minor, cash_minor, card_minor, external_minor, gift_card_minor,
                               store_credit_minor, house_account_minor)
                SELECT d.id, p_tenant, p_keys[d.of], p_raw_ids[d.of], p_stores[d.of], d.register, p_txns[d.of],
                       p_types[d.of], d.currency, d.date, p_ats[d.of], d.late,
                       p_figures[d.place][1], p_figures[d.place][2], p_figures[d.place][3], p_figures[d.place][4],
                       p_figures[d.place][5], p_figures[d.place][6], p_figures[d.place][7], p_figures[d.place][8],
                       p_figures[d.place][9], p_figures[d.place][10], p_figures[d.place][11], p_figures[d.place][12],
                       p_figures[d.place][13], p_figures[d.place][14], p_figures[d.place][15], p_figures[d.place][16],
                       p_figures[d.place][17], p_figures[d.place][18]
                FROM unnest(journal_ids, p_of, p_registers, p_currencies, p_dates, p_late) WITH ORDINALITY
                     AS d(id, of, register, currency, date, late, place)
                WHERE d.id IS NOT NULL;
            ignored := ledger_post_rows_v1(
                p_tenant, p_rules, p_ats, p_keys, p_txns, journal_ids, p_of, p_sources, p_kinds, p_dates, p_counts, p_late,
                p_draft_of, p_line_numbers, p_accounts, p_amounts, p_line_currencies, p_line_currency)::text;
        END IF;
        IF p_more IS NOT NULL THEN
            ignored := pos_take_more_v1(p_tenant, p_raw_ids, p_keys, p_stores, p_whys, p_cases, p_drafts, p_more,
                                        journal_ids, mine)::text;
        END IF;
        IF p_context ? 'waits' AND p_of IS NOT NULL THEN
            awaited := (SELECT pos_anybody_waits_v1(p_tenant, array_agg(p_keys[d.of]), array_agg(p_stores[d.of]),
                                                    array_agg(p_txns[d.of]))
                        FROM unnest(journal_ids, p_of) AS d(id, of) WHERE d.id IS NOT NULL);
        END IF;
        INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code, exception_id, journal_id)
            SELECT a.raw, p_tenant, CASE a.does WHEN 'post' THEN 'processed' ELSE 'quarantined' END,
                   coalesce(a.why, ''), a.case_id, journal_ids[a.draft]
            FROM unnest(p_raw_ids, p_does, p_whys, p_cases, p_drafts) WITH ORDINALITY
                 AS a(raw, does, why, case_id, draft, place)
            WHERE a.does IN ('post', 'hold') AND (mine IS NULL OR mine[a.place]);
        IF p_context ? 'audit' THEN
            INSERT INTO audit_log (tenant_id, actor, action, object_type, object_id, after, request_id)
                SELECT p_tenant, p_context ->> 'actor', m.said -> 'audit' ->> 'action', 'event', p_keys[m.place],
                       m.said -> 'audit' -> 'after', coalesce(p_context ->> 'request', '')
                FROM (SELECT key::integer AS place, value AS said FROM jsonb_each(p_more)) m
                WHERE m.said ? 'audit' AND (mine IS NULL OR mine[m.place]) ORDER BY m.place;
        END IF;
    END IF;
    RETURN jsonb_build_object(
        'awaited', awaited, 'taken', coalesce(to_jsonb(taken), '[]'), 'keys', coalesce(to_jsonb(key_ids), '[]'),
        'journals', to_jsonb(journal_ids),
        'known', CASE WHEN rest = '{}' THEN '[]' ELSE pos_key_states_v1(p_tenant, rest) END);
END $$;
