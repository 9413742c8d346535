-- Lock keys and read their states: whoever judges a key is alone with it until commit.
--
-- Two statements: the second sees the changes that the first waited for. In one statement, whoever had waited for a
-- key's lock would read the key as it is now, but its case and versions as they were before the wait, and an arrival
-- could join a case that had been decided meanwhile. Keys are locked one by one: a list might be compared with every
-- key of the tenant.
--
-- Parameters: p_tenant; p_keys: event keys.
-- Answer: [{"id", "k": key, "status", "journal", "first": hex, "effective": hex, "case": id of the open case,
--     "versions": {hex: disposition}}], without the keys that do not exist.
-- Locks: rows of events_processed, FOR UPDATE in the order of the keys.
-- Callers: pos_known_or_clash_v1, pos_take_many_v1.
CREATE OR REPLACE FUNCTION pos_key_states_v1(p_tenant bigint, p_keys text[]) RETURNS jsonb LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
BEGIN
    PERFORM FROM (SELECT DISTINCT n.k FROM unnest(p_keys) AS n(k) ORDER BY n.k OFFSET 0) n CROSS JOIN LATERAL (
        SELECT e.id FROM events_processed e WHERE e.tenant_id = p_tenant AND e.idempotency_key = n.k FOR UPDATE) l;
    RETURN (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', l.id, 'k', l.idempotency_key, 'status', l.status, 'journal', l.journal_id,
        'first', encode(l.payload_hash_first, 'hex'), 'effective', encode(l.effective_hash, 'hex'),
        'case', pos_open_case_v1(p_tenant, l.idempotency_key),
        'versions', (SELECT coalesce(jsonb_object_agg(encode(v.payload_hash, 'hex'), v.disposition), '{}')
                     FROM event_versions v WHERE v.tenant_id = p_tenant AND v.event_key_id = l.id))), '[]')
        FROM (SELECT DISTINCT n.k FROM unnest(p_keys) AS n(k) OFFSET 0) n CROSS JOIN LATERAL (
            SELECT e.* FROM events_processed e WHERE e.tenant_id = p_tenant AND e.idempotency_key = n.k OFFSET 0) l);
END $$;
