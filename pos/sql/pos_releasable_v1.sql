-- Find open cases of events that waited for an original which is in the books now, the longest waiting first.
--
-- Since the tenant's late window at most. Events that came in another version, or were tried after their original had
-- landed, are left out.
--
-- Parameters: p_tenant; p_now; p_limit: how many.
-- Answer: [case id].
-- Locks: none.
-- Callers: pos/decisions/release.py.
CREATE OR REPLACE FUNCTION pos_releasable_v1(p_tenant bigint, p_now timestamptz, p_limit integer) RETURNS json
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
