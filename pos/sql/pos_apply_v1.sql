-- Write the judgements on arrivals whose key existed: cases, versions, outcomes, and the keys' latest arrival.
--
-- Parameters: p_tenant; p_context: {"at": received};
--   p_judged: [{"raw", "key": key id, "hash": hex, "r": result, "why", "x": case, "j": journal, "version": true when
--     the payload is new to the key}];
--   p_cases: as exceptions_open_v1 takes them.
-- Answer: none.
-- Locks: rows of the keys, which the caller has locked (pos_key_states_v1).
-- Callers: pos/intake/reception.py.
CREATE OR REPLACE FUNCTION pos_apply_v1(p_tenant bigint, p_context jsonb, p_judged jsonb, p_cases jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
    seen record;
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
    FOR seen IN -- one look-up each: a join might go through all keys there are
        SELECT a.key, count(*) AS number, max(a.raw) AS raw,
               (array_agg(a.hash ORDER BY a.raw DESC))[1] AS hash,
               (array_agg(a.why ORDER BY a.raw DESC) FILTER (WHERE a.r = 'quarantined'))[1] AS why,
               (array_agg(a.x ORDER BY a.raw DESC) FILTER (WHERE a.r = 'quarantined'))[1] AS x
        FROM jsonb_to_recordset(p_judged) AS a(raw bigint, key bigint, hash text, r text, why text, x uuid)
        GROUP BY a.key ORDER BY a.key
    LOOP
        UPDATE events_processed k
            SET arrivals = k.arrivals + seen.number,
                last_seen_at = greatest(k.last_seen_at, received),
                last_raw_id = greatest(k.last_raw_id, seen.raw),
                payload_hash_last = CASE WHEN seen.raw > k.last_raw_id THEN decode(seen.hash, 'hex')
                                         ELSE k.payload_hash_last END,
                last_error_code = coalesce(seen.why, k.last_error_code),
                last_exception_id = coalesce(seen.x, k.last_exception_id)
            WHERE k.id = seen.key AND k.tenant_id IS NOT DISTINCT FROM p_tenant;
    END LOOP;
END $$;
