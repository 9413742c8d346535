-- Read the originals of events about other events: keys, references, contents, and lock them where requested.
--
-- Every row is looked up by its key, whatever statistics say. A server that has none would take an index by tenant
-- alone, or join all rows of the tenant: so there is no join but of one row after the other, no list where a planner
-- may see a filter, and one plan for good. Where several indexes begin with the tenant, the key is queried as an
-- ordered range, which only one index answers. Every statement has a snapshot of its own under READ COMMITTED: whoever
-- waited for a lock reads what its holder wrote.
--
-- Parameters: p_tenant; p_lock: whether to lock the keys;
--   p_asked: {"keys": [key], "transactions": [[store, transaction]], "also": [key]: contents only where a reference
--     exists, "own": [key]: of the events themselves}.
-- Answer: {"transactions": [[store, transaction, key]], "keys": [[key, status, journal]], "own": [key that exists],
--     "by": references by their events, "of": by their originals: [[event key, journal, original key, kind, sign,
--     amount, base journal, lines]], "contents": [[journal, business date, effective body in hex, figures in the order
--     of sales from sign on, [[role, currency, qualifier, amount]]]]}.
-- Locks: rows of events_processed of the originals and of the originals' originals, FOR UPDATE in the order of their
--     keys, if p_lock.
-- Callers: pos/references/lookup.py.
CREATE OR REPLACE FUNCTION pos_originals_v1(p_tenant bigint, p_asked jsonb, p_lock boolean) RETURNS json
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
