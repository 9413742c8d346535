CREATE OR REPLACE FUNCTION pos_key_states_v1(p_tenant bigint, p_keys text[]) RETURNS jsonb LANGUAGE sql AS $$
    WITH locked AS MATERIALIZED (
        SELECT * FROM events_processed
        WHERE tenant_id = p_tenant AND idempotency_key = ANY (p_keys)
        ORDER BY idempotency_key FOR UPDATE
    )
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'id', l.id, 'k', l.idempotency_key, 'status', l.status, 'journal', l.journal_id,
        'first', encode(l.payload_hash_first, 'hex'), 'effective', encode(l.effective_hash, 'hex'),
        'case', (SELECT e.id FROM exceptions e WHERE e.tenant_id = p_tenant
                 AND e.idempotency_key = l.idempotency_key AND e.status = 'open'),
        'versions', (SELECT coalesce(jsonb_object_agg(encode(v.payload_hash, 'hex'), v.disposition), '{}')
                     FROM event_versions v WHERE v.tenant_id = p_tenant AND v.event_key_id = l.id))), '[]')
    FROM locked l
$$;
DROP TRIGGER versions_guard ON event_versions;
DROP FUNCTION pos_versions_guard_v1();
DROP FUNCTION pos_decide_v1(bigint, jsonb, jsonb);
