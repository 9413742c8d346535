-- Fold the new numbers of every device into its ranges.
--
-- New numbers lie in the holes between ranges, below the first and above the last: only these are read. So it needs no
-- mark, and misses nothing in whatever order transactions commit. One probe of the index for each device and hole.
-- SECURITY DEFINER: the application role itself may not write ranges.
--
-- Parameters: p_tenant.
-- Answer: {"events": how many}.
-- Locks: the advisory lock (hashtext('devices'), tenant), alone, until commit: the second caller waits, and then sees
--     the first one's ranges.
-- Callers: pos/devices/fold.py.
CREATE OR REPLACE FUNCTION pos_fold_devices_v1(p_tenant bigint) RETURNS jsonb
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

REVOKE ALL ON FUNCTION pos_fold_devices_v1 FROM PUBLIC;
