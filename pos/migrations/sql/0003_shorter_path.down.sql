DROP FUNCTION pos_receive_v2(bigint, bigint, jsonb, jsonb, jsonb, bytea[]);
DROP FUNCTION pos_receive_alone_v1(bigint, bigint, jsonb, jsonb, jsonb, bytea);
CREATE FUNCTION pos_receive_v1(p_tenant bigint, p_api_key bigint, p_context jsonb, p_arrivals jsonb, p_lines jsonb,
                               p_bodies bytea[]) RETURNS jsonb LANGUAGE plpgsql
SET enable_seqscan = off SET jit = off AS $$
DECLARE
    raw_ids bigint[];
    settled jsonb;
    ignored text;
    alone boolean := p_context ? 'alone';
    live boolean;
    again boolean;
BEGIN
    -- Here too, for row-level security, when the caller's statement is the whole transaction.
    ignored := set_config('app.tenant_id', p_tenant::text, true);
    SELECT EXISTS (SELECT FROM tenants t JOIN api_keys k ON k.tenant_id = t.id
                   WHERE t.id = p_tenant AND t.version = (p_context ->> 'version')::integer
                     AND k.id = p_api_key AND k.revoked_at IS NULL
                     AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())),
           alone AND EXISTS (SELECT FROM events_processed
                             WHERE tenant_id = p_tenant AND idempotency_key = p_arrivals -> 0 ->> 'k')
        INTO live, again;
    IF NOT live THEN
        RETURN '{"stale": true}';
    ELSIF again THEN
        RETURN '{"again": true}';
    END IF;
    raw_ids := pos_capture_v1(p_tenant, p_api_key, p_context, p_arrivals, p_bodies);
    IF p_context ? 'rejects' THEN
        INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code)
            SELECT raw_ids[a.o], p_tenant, 'rejected', a.why
            FROM jsonb_to_recordset(p_arrivals) AS a(o integer, d text, why text) WHERE a.d = 'reject';
    END IF;
    settled := pos_settle_v1(p_tenant, p_context, p_arrivals, p_lines, raw_ids);
    IF alone AND (settled -> 'known' <> '[]' OR settled -> 'clash' <> '[]') THEN
        RAISE EXCEPTION 'The key came to exist meanwhile.' USING ERRCODE = 'LS001';
    END IF;
    RETURN settled || jsonb_build_object('raw', to_jsonb(raw_ids));
END $$;
