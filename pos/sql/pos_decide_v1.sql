-- Write decisions on locked keys, many in one statement each.
--
-- Parameters: p_tenant; p_context: {"at"};
--   p_rulings: [{"key": key id, "status", "hash": effective fingerprint or null, "raw": effective raw id or null,
--     "journal", "posted": true when the effective version changed, "claim": source event id that the key owns from
--     now on, "versions": [{"hash", "raw", "d": disposition, "body": canonical JSON of a patched version or null}]}].
-- Answer: none.
-- Locks: rows of the keys, which the caller has locked (pos_key_states_v1).
-- Callers: pos/decisions/carry_out.py.
CREATE OR REPLACE FUNCTION pos_decide_v1(p_tenant bigint, p_context jsonb, p_rulings jsonb) RETURNS void
LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    ruling record;
BEGIN
    INSERT INTO event_versions (tenant_id, event_key_id, payload_hash, first_raw_id, disposition, patched_body)
        SELECT p_tenant, r.key, decode(v.hash, 'hex'), v.raw, v.d, v.body
        FROM jsonb_to_recordset(p_rulings) AS r(key bigint, versions jsonb),
             jsonb_to_recordset(r.versions) AS v(hash text, raw bigint, d text, body text)
        ON CONFLICT (tenant_id, event_key_id, payload_hash) DO UPDATE SET disposition = excluded.disposition;
    FOR ruling IN -- one look-up each: a join might go through all keys there are
        SELECT x.* FROM jsonb_to_recordset(p_rulings) AS x(
            key bigint, status text, hash text, raw bigint, journal bigint, posted boolean, claim text)
    LOOP
        UPDATE events_processed k
            SET status = ruling.status, effective_hash = decode(ruling.hash, 'hex'), effective_raw_id = ruling.raw,
                journal_id = ruling.journal,
                processed_at = CASE WHEN ruling.posted THEN (p_context ->> 'at')::timestamptz
                                    WHEN ruling.status = 'processed' THEN k.processed_at END,
                source_event_id = coalesce(ruling.claim, k.source_event_id)
            WHERE k.id = ruling.key AND k.tenant_id IS NOT DISTINCT FROM p_tenant;
    END LOOP;
END $$;
