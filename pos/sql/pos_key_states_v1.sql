-- As in 0005_decide.sql. In the keys' order they are locked one by one: a list might be compared with every key of the
-- tenant, and a locked row comes back in no other order than it was asked for.
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
