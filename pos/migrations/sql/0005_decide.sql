-- Writes decisions on locked keys, many in one statement each.
-- p_rulings: [{"key": key id, "status", "hash": effective fingerprint or null, "raw": effective raw id or null,
--   "journal", "posted": true when the effective version changed, "claim": source event id the key is to own from now on,
--   "versions": [{"hash", "raw", "d": disposition, "body": canonical JSON of a patched version or null}]}]
CREATE FUNCTION pos_decide_v1(p_tenant bigint, p_context jsonb, p_rulings jsonb) RETURNS void
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

-- A version keeps what it is and is never deleted; only what was decided on it may change.
CREATE FUNCTION pos_versions_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.tenant_id, NEW.event_key_id, NEW.payload_hash, NEW.first_raw_id, NEW.created_at)
          IS DISTINCT FROM (OLD.id, OLD.tenant_id, OLD.event_key_id, OLD.payload_hash, OLD.first_raw_id, OLD.created_at)
       OR NEW.patched_body IS DISTINCT FROM OLD.patched_body
       OR (NEW.disposition = 'held' AND OLD.disposition <> 'held') THEN
        RAISE EXCEPTION 'A version keeps what it is, is never deleted, and stays decided.'
            USING ERRCODE = '23514', CONSTRAINT = 'event_versions_keep_identity', TABLE = 'event_versions';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER versions_guard BEFORE UPDATE OR DELETE ON event_versions
    FOR EACH ROW EXECUTE FUNCTION pos_versions_guard_v1();
ALTER TABLE event_versions ENABLE ALWAYS TRIGGER versions_guard;

-- The same contract under the same name, so that its callers need not change. In one statement, as it was, whoever had
-- waited for a key's lock read the key as it is now, but its case and versions as they were before the wait: an arrival
-- could join a case that had been decided meanwhile. The second statement sees what the first one waited for.
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
