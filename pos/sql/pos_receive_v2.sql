CREATE OR REPLACE FUNCTION pos_receive_v2(p_tenant bigint, p_api_key bigint, p_context jsonb, p_arrivals jsonb, p_lines jsonb,
                               p_bodies bytea[]) RETURNS jsonb LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    raw_ids bigint[];
    settled jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM tenants t JOIN api_keys k ON k.tenant_id IS NOT DISTINCT FROM t.id
                   WHERE t.id = p_tenant AND t.version = (p_context ->> 'version')::integer
                     AND k.id = p_api_key AND k.revoked_at IS NULL
                     AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())) THEN
        RETURN '{"stale": true}';
    END IF;
    raw_ids := pos_capture_v1(p_tenant, p_api_key, p_context, p_arrivals, p_bodies);
    IF p_context ? 'rejects' THEN
        INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code)
            SELECT raw_ids[a.o], p_tenant, 'rejected', a.why
            FROM jsonb_to_recordset(p_arrivals) AS a(o integer, d text, why text) WHERE a.d = 'reject';
    END IF;
    settled := pos_settle_v1(p_tenant, p_context, p_arrivals, p_lines, raw_ids);
    RETURN settled || jsonb_build_object('raw', to_jsonb(raw_ids));
END $$;
