-- Silver: with every journal of an event, in the same call, its header in sales; what it takes from the event it is about
-- in sale_references; who came before the event he is about, in event_waits.
--
-- An arrival (see 0002_gate.sql) may now also have
--   "s": {"reg": register, "cur", "f": "{…}"}: the header's figures, in the order of the columns from sign on,
--   "r": [{"of": original's key, "kind", "sign", "amount", "lines", "base": journal}],
--   "m": {"j", "s"}: a second journal, whose lines have the arrival's ordinal with a minus: what a correction replaces,
--   "w": {"of": key} or {"tx": transaction}: what a held event waits for.
-- And every answer has "awaited": whether anybody waits for what was posted.

-- Which transaction wrote a header: a roll-up may go as far as the oldest running one, and misses nothing.
ALTER TABLE sales ADD COLUMN xid xid8 NOT NULL DEFAULT pg_current_xact_id();

-- What was posted before there were headers gets them from its postings; registers and baskets are not told there.
INSERT INTO sales (journal_id, tenant_id, event_key, raw_id, store_code, register_code, txn_id, event_type, currency,
                       business_date, occurred_at, is_late, sign, sales_count, returns_count, items, gross_minor,
                       returns_minor, discounts_minor, tax_minor, tips_minor, service_minor, liabilities_minor,
                       total_minor, cash_minor, card_minor, external_minor, gift_card_minor, store_credit_minor,
                       house_account_minor)
    SELECT b.id, b.tenant_id, b.source_key, coalesce(k.effective_raw_id, k.first_raw_id), left(coalesce(r.store_code, ''), 64),
           '', b.external_ref, b.event_type, b.currency, b.business_date, b.occurred_at, b.is_late, b.sign,
           CASE b.event_type WHEN 'SALE' THEN b.sign ELSE 0 END, 0, 0, b.gross, 0, b.discounts, b.tax, b.tips, b.service,
           b.owed + b.gift_card + b.store_credit,
           b.gross - b.discounts + b.tax + b.tips + b.service + b.owed + b.gift_card + b.store_credit,
           b.cash, b.card, b.external, b.gift_card, b.store_credit, b.house
    FROM (
        SELECT j.id, j.tenant_id, j.source_key, j.external_ref, coalesce(o.kind, j.kind) AS event_type, p.currency,
               j.business_date, j.occurred_at, j.is_late, CASE WHEN o.id IS NULL THEN 1 ELSE -1 END AS sign,
               -sums.sales * sums.sold AS gross, sums.discounts * sums.sold AS discounts, -sums.tax * sums.sold AS tax,
               -sums.tips * sums.sold AS tips, -sums.service * sums.sold AS service, -sums.owed * sums.sold AS owed,
               CASE WHEN sums.gift * sums.way > 0 THEN sums.gift * sums.sold ELSE 0 END AS gift_card,
               CASE WHEN sums.credit * sums.way > 0 THEN sums.credit * sums.sold ELSE 0 END AS store_credit,
               sums.cash, sums.card * sums.sold AS card, sums.external * sums.sold AS external,
               sums.house * sums.sold AS house
        FROM journals j
        LEFT JOIN journals o ON o.id = j.reverses_id
        JOIN postings p ON p.journal_id = j.id AND p.line_no = 1
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(x.amount_minor) FILTER (WHERE a.role = 'SALES'), 0) AS sales,
                   coalesce(sum(x.amount_minor) FILTER (WHERE a.role IN ('DISCOUNTS', 'COMPS')), 0) AS discounts,
                   coalesce(sum(x.amount_minor) FILTER (WHERE a.role = 'SALES_TAX'), 0) AS tax,
                   coalesce(sum(x.amount_minor) FILTER (WHERE a.role = 'TIPS_PAYABLE'), 0) AS tips,
                   coalesce(sum(x.amount_minor) FILTER (WHERE a.role = 'SERVICE_CHARGES'), 0) AS service,
                   coalesce(sum(x.amount_minor) FILTER (
                       WHERE a.role IN ('GIFT_CARDS', 'STORE_CREDIT', 'CUSTOMER_DEPOSITS')), 0) AS owed,
                   coalesce(sum(x.amount_minor) FILTER (WHERE a.role = 'GIFT_CARDS'), 0) AS gift,
                   coalesce(sum(x.amount_minor) FILTER (WHERE a.role = 'STORE_CREDIT'), 0) AS credit,
                   coalesce(sum(x.amount_minor) FILTER (WHERE a.role = 'DRAWER'), 0) AS cash,
                   coalesce(sum(x.amount_minor) FILTER (WHERE a.role = 'CARD_CLEARING'), 0) AS card,
                   coalesce(sum(x.amount_minor) FILTER (WHERE a.role = 'EXTERNAL_CLEARING'), 0) AS external,
                   coalesce(sum(x.amount_minor) FILTER (WHERE a.role = 'HOUSE_ACCOUNTS'), 0) AS house,
                   CASE coalesce(o.kind, j.kind) WHEN 'SALE' THEN 1 ELSE 0 END AS sold,
                   CASE WHEN o.id IS NULL THEN 1 ELSE -1 END AS way
            FROM postings x JOIN accounts a ON a.id = x.account_id WHERE x.journal_id = j.id) sums
        WHERE j.source = 'event'
    ) b
    JOIN events_processed k ON k.tenant_id = b.tenant_id AND k.idempotency_key = b.source_key
    JOIN events_raw r ON r.id = k.first_raw_id;

CREATE FUNCTION pos_somebody_waits_v1(p_tenant bigint, p_key text, p_store text, p_txn text) RETURNS boolean
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN EXISTS (SELECT FROM event_waits WHERE tenant_id = p_tenant AND original_key = p_key)
        OR EXISTS (SELECT FROM event_waits WHERE tenant_id = p_tenant AND txn_id = p_txn AND store_code = p_store);
END $$;

-- A header as pos_record_facts_v1 reads it, from an arrival, its figures and its journal.
CREATE FUNCTION pos_facts_v1(a jsonb, s jsonb, j jsonb, p_journal bigint, p_raw_id bigint) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT s || jsonb_build_object('j', p_journal, 'k', a -> 'k', 'raw', p_raw_id, 'st', a -> 'st', 'tx', a -> 'tx',
                                   'et', a -> 'et', 'at', a -> 'at', 'date', j -> 'date', 'late', j -> 'late')
$$;

-- Writes headers, and references as {"j": journal, "k": key, "rows": "r" of the arrival} or null.
CREATE FUNCTION pos_record_facts_v1(p_tenant bigint, p_facts jsonb, p_references jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sales (journal_id, tenant_id, event_key, raw_id, store_code, register_code, txn_id, event_type, currency,
                       business_date, occurred_at, is_late, sign, sales_count, returns_count, items, gross_minor,
                       returns_minor, discounts_minor, tax_minor, tips_minor, service_minor, liabilities_minor,
                       total_minor, cash_minor, card_minor, external_minor, gift_card_minor, store_credit_minor,
                       house_account_minor)
        SELECT s.j, p_tenant, s.k, s.raw, s.st, s.reg, s.tx, s.et, s.cur, s.date, s.at, s.late, s.f[1], s.f[2],
               s.f[3], s.f[4], s.f[5], s.f[6], s.f[7], s.f[8], s.f[9], s.f[10], s.f[11], s.f[12], s.f[13], s.f[14],
               s.f[15], s.f[16], s.f[17], s.f[18]
        FROM jsonb_to_recordset(p_facts) AS s(
            j bigint, k text, raw bigint, st text, reg text, tx text, et text, cur text, date date, at timestamptz,
            late boolean, f bigint[]);
    IF p_references IS NOT NULL THEN
        INSERT INTO sale_references (tenant_id, journal_id, event_key, original_key, kind, sign, amount_minor, lines,
                                     base_journal_id)
            SELECT p_tenant, r.j, r.k, x.of, x.kind, x.sign, x.amount, x.lines, x.base
            FROM jsonb_to_recordset(p_references) AS r(j bigint, k text, rows jsonb),
                 jsonb_to_recordset(r.rows) AS x(
                    of text, kind text, sign smallint, amount bigint, lines jsonb, base bigint);
    END IF;
END $$;

-- Of reversed journals, {"journal id": reversal id}: the mirrors of their headers and references.
CREATE FUNCTION pos_mirror_facts_v1(p_tenant bigint, p_reversals jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
BEGIN
    INSERT INTO sales (journal_id, tenant_id, event_key, raw_id, store_code, register_code, txn_id, event_type, currency,
                       business_date, occurred_at, is_late, sign, sales_count, returns_count, items, gross_minor,
                       returns_minor, discounts_minor, tax_minor, tips_minor, service_minor, liabilities_minor,
                       total_minor, cash_minor, card_minor, external_minor, gift_card_minor, store_credit_minor,
                       house_account_minor)
        SELECT r.id, p_tenant, s.event_key, s.raw_id, s.store_code, s.register_code, s.txn_id, s.event_type, s.currency,
               r.business_date, r.occurred_at, r.is_late, -s.sign, -s.sales_count, -s.returns_count, -s.items,
               -s.gross_minor, -s.returns_minor, -s.discounts_minor, -s.tax_minor, -s.tips_minor, -s.service_minor,
               -s.liabilities_minor, -s.total_minor, -s.cash_minor, -s.card_minor, -s.external_minor,
               -s.gift_card_minor, -s.store_credit_minor, -s.house_account_minor
        FROM jsonb_each_text(p_reversals) AS x(journal, reversal)
        JOIN sales s ON s.journal_id = x.journal::bigint AND s.tenant_id = p_tenant
        JOIN journals r ON r.id = x.reversal::bigint;
    INSERT INTO sale_references (tenant_id, journal_id, event_key, original_key, kind, sign, amount_minor, lines,
                                 base_journal_id)
        SELECT p_tenant, x.reversal::bigint, s.event_key, s.original_key, s.kind, -s.sign, -s.amount_minor, s.lines,
               s.base_journal_id
        FROM jsonb_each_text(p_reversals) AS x(journal, reversal)
        JOIN sale_references s ON s.journal_id = x.journal::bigint AND s.tenant_id = p_tenant;
END $$;

-- As in 0003_shorter_path.sql, and the header.
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
                last_exception_id)
            SELECT nextval('events_processed_id_seq'), p_tenant, event_key, coalesce(a ->> 'et', ''),
                   coalesce(a ->> 'ss', ''), a ->> 'claim', result, fingerprint, fingerprint,
                   CASE WHEN posts THEN fingerprint END, CASE WHEN posts THEN raw_id END, raw_id, raw_id,
                   received, received, CASE WHEN posts THEN received END, new_journal, why, case_id
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
                            source_system, source_event_id, event_type, txn_id, occurred_at)
        VALUES (raw_id, p_tenant, p_api_key, received, p_body,
                CASE WHEN a ->> 'mac' IS NULL THEN sha256(p_body) END, decode(a ->> 'mac', 'hex'),
                coalesce((a ->> 'len')::integer, length(p_body)), p_context -> 'headers', p_context ->> 'request',
                fingerprint, event_key, a ->> 'sv', a ->> 'st', a ->> 'ss', a ->> 'se', a ->> 'et', a ->> 'tx',
                (a ->> 'at')::timestamptz);
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
        awaited := pos_somebody_waits_v1(p_tenant, event_key, a ->> 'st', a ->> 'tx');
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

-- As in 0002_gate.sql, and headers, references, mirrors and waits.
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
            last_raw_id, first_seen_at, last_seen_at, processed_at, journal_id, last_error_code, last_exception_id)
        VALUES (nextval('events_processed_id_seq'), p_tenant, event_key, coalesce(a ->> 'et', ''),
                coalesce(a ->> 'ss', ''), a ->> 'claim',
                CASE WHEN posts THEN 'processed' ELSE 'quarantined' END, fingerprint, fingerprint,
                CASE WHEN posts THEN fingerprint END, CASE WHEN posts THEN p_raw_id END, p_raw_id, p_raw_id,
                received, received, CASE WHEN posts THEN received END, new_journal, coalesce(a ->> 'why', ''), case_id)
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
        awaited := pos_somebody_waits_v1(p_tenant, event_key, a ->> 'st', a ->> 'tx');
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
            risk bigint, cur text, tx text, at text, j jsonb, s jsonb, r jsonb, m jsonb, w jsonb)
        WHERE a.d IN ('post', 'hold')
    ), taken AS (
        -- In key order, so that two batches never wait for each other crosswise.
        INSERT INTO events_processed (id, tenant_id, idempotency_key, event_type, source_system, source_event_id,
                status, payload_hash_first, payload_hash_last, effective_hash, effective_raw_id, first_raw_id,
                last_raw_id, first_seen_at, last_seen_at, processed_at, journal_id, last_error_code,
                last_exception_id)
            SELECT nextval('events_processed_id_seq'), p_tenant, k, coalesce(et, ''), coalesce(ss, ''), claim,
                   CASE d WHEN 'post' THEN 'processed' ELSE 'quarantined' END,
                   decode(hash, 'hex'), decode(hash, 'hex'),
                   CASE d WHEN 'post' THEN decode(hash, 'hex') END, CASE d WHEN 'post' THEN raw_id END,
                   raw_id, raw_id, received, received, CASE d WHEN 'post' THEN received END,
                   journal_id, coalesce(why, ''), case_id
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
            FROM jsonb_to_recordset(facts) AS f(k text, st text, tx text);
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

-- ── Guards ─────────────────────────────────────────────────────────────────────────────────────
CALL ledgersafe_make_append_only_v1('sales');
CALL ledgersafe_make_append_only_v1('sale_references');
CALL ledgersafe_make_append_only_v1('event_waits');

-- Whether two journals undo each other: the same accounts, the opposite amounts.
CREATE FUNCTION pos_mirrors_v1(one bigint, other bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT count(*) > 0 AND bool_and(off = 0) FROM (
        SELECT sum(p.amount_minor) AS off FROM postings p WHERE p.journal_id IN (one, other) GROUP BY p.account_id) sums
$$;

-- What counts against an original at the end of a transaction is no more than it bears. Whoever asks holds the
-- original's key from here on: two returns that meet are counted one after the other. Not by a mere row lock: whoever
-- waited for it with an older snapshot than READ COMMITTED takes fails with 40001, as he would not see the other's.
CREATE FUNCTION pos_check_original_v1(p_tenant bigint, p_key text) RETURNS void
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

-- References are of one tenant and within their original; a void mirrors its original's journal, a correction brings
-- that mirror with it.
CREATE FUNCTION pos_references_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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
            AND m.source_key = NEW.event_key AND pos_mirrors_v1(m.id, NEW.base_journal_id))) THEN
        PERFORM ledger_refuse_v1('sale_references_mirror',
            format('Journal %s does not undo journal %s.', NEW.journal_id, NEW.base_journal_id));
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER references_guard AFTER INSERT ON sale_references
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pos_references_guard_v1();
ALTER TABLE sale_references ENABLE ALWAYS TRIGGER references_guard;

-- Whoever changes what stands for an event leaves enough of it for what is about it. Most events have nothing about
-- them; who would add something meanwhile waits for the key, which this transaction has just changed.
CREATE FUNCTION pos_originals_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM sale_references WHERE tenant_id = NEW.tenant_id AND original_key = NEW.idempotency_key) THEN
        PERFORM pos_check_original_v1(NEW.tenant_id, NEW.idempotency_key);
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER originals_guard AFTER UPDATE OF journal_id, status ON events_processed
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pos_originals_guard_v1();
ALTER TABLE events_processed ENABLE ALWAYS TRIGGER originals_guard;
