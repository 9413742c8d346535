-- What events about other events have to know, and what a batch has to learn of its tenant, in one call each: every row is
-- looked up by its key, whatever statistics say. A server that has none would take an index by tenant alone, or join all
-- rows of the tenant; so no join here but of one row after the other, no list where a planner may see a filter, and one
-- plan for good, which no number of questions makes better. Where several indexes begin with the tenant, of an empty table
-- each looks as good as the right one: the key is then asked for as a range, ordered, and only one index has that order.

-- Of originals {"keys": [key], "transactions": [[store, transaction]], "also": [key], "own": [key]}: the sales that have
-- the transactions, the keys of all of these and of what they refer to, which are locked until commit where that is asked,
-- in their order; then, as it stands with the locks in hand, what refers to them and what they refer to, and the content
-- of those that stand. Of "also" the content only of what anything refers to; of "own", what has come to events, which keys
-- exist. Every statement has a snapshot of its own under READ COMMITTED: who waited for a lock reads what its holder wrote.
--   "transactions": [[store, transaction, key]], "keys": [[key, status, journal]], "own": [key],
--   "by": references by who makes them, "of": by what they are of,
--       [[event key, journal, original key, kind, sign, amount, base journal, lines]],
--   "contents": [[journal, business date, effective body in hex, figures in the order of sales from sign on,
--       [[role, currency, qualifier, amount]]]]
CREATE FUNCTION pos_originals_v1(p_tenant bigint, p_asked jsonb, p_lock boolean) RETURNS json
LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET enable_sort = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    about text[] := ARRAY(SELECT jsonb_array_elements_text(p_asked -> 'keys'));
    also text[] := ARRAY(SELECT jsonb_array_elements_text(p_asked -> 'also'));
    transactions json := '[]';
    roots text[];
    keys json;
    made_by json;
    made_of json;
    used text[];
    corrections text[];
    own json := '[]';
    contents json;
BEGIN
    IF p_asked -> 'transactions' <> '[]' THEN
        SELECT coalesce(json_agg(json_build_array(w.store, w.txn, s.event_key)), '[]'),
               about || coalesce(array_agg(s.event_key), '{}')
            INTO transactions, about
            FROM (SELECT x ->> 0 AS store, x ->> 1 AS txn FROM jsonb_array_elements(p_asked -> 'transactions') x) w
            CROSS JOIN LATERAL (
                SELECT s.event_key, s.journal_id FROM sales s
                WHERE s.tenant_id = p_tenant AND s.txn_id >= w.txn AND s.txn_id <= w.txn AND s.event_type = 'SALE'
                  AND s.sign = 1 AND s.store_code = w.store ORDER BY s.txn_id OFFSET 0) s
            CROSS JOIN LATERAL (
                SELECT FROM events_processed k
                WHERE k.tenant_id = p_tenant AND k.idempotency_key = s.event_key
                  AND k.journal_id = s.journal_id OFFSET 0) k;
    END IF;
    roots := ARRAY(
        SELECT n.name FROM unnest(about || also) n(name)
        UNION
        SELECT r.original_key FROM unnest(about || also) n(name)
        CROSS JOIN LATERAL (
            SELECT r.original_key FROM sale_references r
            WHERE r.tenant_id = p_tenant AND r.event_key >= n.name AND r.event_key <= n.name AND r.sign = 1
            ORDER BY r.event_key OFFSET 0) r);
    IF p_lock THEN
        SELECT json_agg(json_build_array(k.name, k.status, k.journal_id)) INTO keys FROM (
            SELECT k.* FROM (SELECT n.name FROM unnest(roots) n(name) ORDER BY n.name) n
            CROSS JOIN LATERAL (
                SELECT k.idempotency_key AS name, k.status, k.journal_id FROM events_processed k
                WHERE k.tenant_id = p_tenant AND k.idempotency_key = n.name FOR UPDATE) k) k;
    ELSE
        SELECT json_agg(json_build_array(k.name, k.status, k.journal_id)) INTO keys
            FROM unnest(roots) n(name) CROSS JOIN LATERAL (
                SELECT k.idempotency_key AS name, k.status, k.journal_id FROM events_processed k
                WHERE k.tenant_id = p_tenant AND k.idempotency_key = n.name OFFSET 0) k;
    END IF;

    SELECT json_agg(json_build_array(r.event_key, r.journal_id, r.original_key, r.kind, r.sign, r.amount_minor,
                                     r.base_journal_id, r.lines)) INTO made_by
        FROM (SELECT DISTINCT n.name FROM unnest(about || also) n(name)) n
        CROSS JOIN LATERAL (
            SELECT * FROM sale_references r
            WHERE r.tenant_id = p_tenant AND r.event_key >= n.name AND r.event_key <= n.name AND r.sign = 1
            ORDER BY r.event_key OFFSET 0) r;
    SELECT json_agg(json_build_array(r.event_key, r.journal_id, r.original_key, r.kind, r.sign, r.amount_minor,
                                     r.base_journal_id, r.lines)),
           array_agg(r.original_key), array_agg(r.event_key) FILTER (WHERE r.kind = 'CORRECTION')
        INTO made_of, used, corrections
        FROM unnest(roots) n(name) CROSS JOIN LATERAL (
            SELECT * FROM sale_references r
            WHERE r.tenant_id = p_tenant AND r.original_key >= n.name AND r.original_key <= n.name
            ORDER BY r.original_key OFFSET 0) r;
    IF p_asked -> 'own' <> '[]' THEN
        SELECT coalesce(json_agg(n.name), '[]') INTO own
            FROM (SELECT DISTINCT jsonb_array_elements_text(p_asked -> 'own') AS name) n
            CROSS JOIN LATERAL (
                SELECT FROM events_processed k
                WHERE k.tenant_id = p_tenant AND k.idempotency_key = n.name OFFSET 0) k;
    END IF;
    -- Not of what is only asked about besides, unless something refers to it; but of what corrects any of them.
    SELECT json_agg(json_build_array(
            k.journal_id,
            (SELECT j.business_date FROM journals j
             WHERE j.id = k.journal_id AND j.tenant_id IS NOT DISTINCT FROM p_tenant),
            encode(coalesce(
                (SELECT convert_to(v.patched_body, 'UTF8') FROM event_versions v
                 WHERE v.tenant_id = p_tenant AND v.event_key_id = k.id AND v.payload_hash = k.effective_hash),
                (SELECT r.raw_body FROM events_raw r
                 WHERE r.id = k.effective_raw_id AND r.tenant_id IS NOT DISTINCT FROM p_tenant)), 'hex'),
            (SELECT json_build_array(
                s.sign, s.sales_count, s.returns_count, s.items, s.gross_minor, s.returns_minor, s.discounts_minor,
                s.tax_minor, s.tips_minor, s.service_minor, s.liabilities_minor, s.total_minor, s.cash_minor,
                s.card_minor, s.external_minor, s.gift_card_minor, s.store_credit_minor, s.house_account_minor)
             FROM sales s WHERE s.journal_id = k.journal_id AND s.tenant_id IS NOT DISTINCT FROM p_tenant),
            (SELECT json_agg(json_build_array(a.role, p.currency, a.qualifier, p.amount_minor) ORDER BY p.line_no)
             FROM postings p
             CROSS JOIN LATERAL (SELECT a.role, a.qualifier FROM accounts a WHERE a.id = p.account_id OFFSET 0) a
             WHERE p.journal_id = k.journal_id AND p.tenant_id IS NOT DISTINCT FROM p_tenant))) INTO contents
        FROM (
            (SELECT unnest(roots) AS name EXCEPT SELECT unnest(also))
            UNION SELECT unnest(about) UNION SELECT unnest(used) UNION SELECT unnest(corrections)) n
        CROSS JOIN LATERAL (
            SELECT k.id, k.journal_id, k.effective_raw_id, k.effective_hash FROM events_processed k
            WHERE k.tenant_id = p_tenant AND k.idempotency_key = n.name AND k.journal_id IS NOT NULL OFFSET 0) k;
    RETURN json_build_object('transactions', transactions, 'keys', coalesce(keys, '[]'), 'by', coalesce(made_by, '[]'),
                             'of', coalesce(made_of, '[]'), 'own', own, 'contents', coalesce(contents, '[]'));
END $$;

-- Of what a batch needs, {"places": [[store, register or null]], "days": [date], "accounts": [[role, currency, qualifier]]}:
--   "stores": [[code, time zone, whether something is dated by its clock]], "registers": [[store, register]],
--   "days": those that are open, "accounts": [[place in the question from one, id]].
CREATE FUNCTION pos_known_v1(p_tenant bigint, p_asked jsonb) RETURNS json
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET enable_sort = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN json_build_object(
        'stores', (
            SELECT coalesce(json_agg(json_build_array(s.code, s.time_zone, s.time_zone_fixed_at IS NOT NULL)), '[]')
            FROM (SELECT DISTINCT x ->> 0 AS code FROM jsonb_array_elements(p_asked -> 'places') x) w
            CROSS JOIN LATERAL (
                SELECT s.code, s.time_zone, s.time_zone_fixed_at FROM stores s
                WHERE s.tenant_id = p_tenant AND s.code >= w.code AND s.code <= w.code ORDER BY s.code OFFSET 0) s),
        'registers', (
            SELECT coalesce(json_agg(json_build_array(w.store, w.register)), '[]')
            FROM (SELECT x ->> 0 AS store, x ->> 1 AS register FROM jsonb_array_elements(p_asked -> 'places') x) w
            CROSS JOIN LATERAL (
                SELECT s.id FROM stores s
                WHERE s.tenant_id = p_tenant AND s.code >= w.store AND s.code <= w.store ORDER BY s.code OFFSET 0) s
            CROSS JOIN LATERAL (
                SELECT FROM registers r
                WHERE r.tenant_id = p_tenant AND r.store_id = s.id AND r.code >= w.register AND r.code <= w.register
                ORDER BY r.code OFFSET 0) r),
        'days', (
            SELECT coalesce(json_agg(d.business_date), '[]')
            FROM jsonb_array_elements_text(p_asked -> 'days') w(day)
            CROSS JOIN LATERAL (
                SELECT d.business_date FROM periods d
                WHERE d.tenant_id = p_tenant AND d.business_date >= w.day::date AND d.business_date <= w.day::date
                  AND d.status = 'open' ORDER BY d.business_date OFFSET 0) d),
        'accounts', (
            SELECT coalesce(json_agg(json_build_array(w.place, a.id)), '[]')
            FROM jsonb_array_elements(p_asked -> 'accounts') WITH ORDINALITY w(ref, place)
            CROSS JOIN LATERAL (
                SELECT a.id FROM accounts a
                WHERE a.tenant_id = p_tenant AND a.role = w.ref ->> 0 AND a.qualifier = w.ref ->> 2 AND a.role <> ''
                  AND a.currency >= w.ref ->> 1 AND a.currency <= w.ref ->> 1 ORDER BY a.currency OFFSET 0) a));
END $$;

-- The open cases of events that have waited for what is in the books now, since the tenant's late window at most: ids, the
-- longest waiting first. Not of those that came in another version, or were tried after their original had landed.
CREATE FUNCTION pos_releasable_v1(p_tenant bigint, p_now timestamptz, p_limit integer) RETURNS json
LANGUAGE plpgsql STABLE SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET enable_sort = off SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT coalesce(json_agg(x.id ORDER BY x.waits_since, x.event_key), '[]') FROM (
        SELECT e.id, w.waits_since, w.event_key
        FROM tenants t
        CROSS JOIN LATERAL (
            SELECT * FROM event_waits w
            WHERE w.tenant_id = p_tenant
              AND w.waits_since >= p_now - make_interval(hours => 24 * t.late_window_days)
            ORDER BY w.waits_since OFFSET 0) w
        CROSS JOIN LATERAL (
            SELECT k.id FROM events_processed k
            WHERE k.tenant_id = p_tenant AND k.idempotency_key = w.event_key AND k.status = 'quarantined' OFFSET 0) k
        CROSS JOIN LATERAL (
            SELECT e.id, e.last_replay_at FROM exceptions e
            WHERE e.tenant_id = p_tenant AND e.idempotency_key >= w.event_key AND e.idempotency_key <= w.event_key
              AND e.status = 'open' AND e.reason_code = 'MISSING_REFERENCE' ORDER BY e.idempotency_key OFFSET 0) e
        CROSS JOIN LATERAL (
            SELECT max(o.processed_at) AS landed_at
            FROM (SELECT w.original_key AS name
                  UNION ALL
                  (SELECT s.event_key FROM sales s
                   WHERE s.tenant_id = p_tenant AND s.txn_id >= w.txn_id AND s.txn_id <= w.txn_id
                     AND s.store_code = w.store_code AND s.event_type = 'SALE' AND s.sign = 1
                   ORDER BY s.txn_id OFFSET 0)) n
            CROSS JOIN LATERAL (
                SELECT o.processed_at FROM events_processed o
                WHERE o.tenant_id = p_tenant AND o.idempotency_key = n.name AND o.status = 'processed' OFFSET 0) o
            ) original
        WHERE t.id = p_tenant AND original.landed_at IS NOT NULL
          AND (e.last_replay_at IS NULL OR e.last_replay_at < original.landed_at)
          AND (SELECT v.id FROM event_versions v WHERE v.tenant_id = p_tenant AND v.event_key_id = k.id LIMIT 1) IS NULL
        ORDER BY w.waits_since, w.event_key LIMIT p_limit) x);
END $$;
