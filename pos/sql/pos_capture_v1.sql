-- Keep arrivals in events_raw (bronze), byte for byte.
--
-- Parameters: p_tenant, p_api_key: ids; p_context: {"at": received, "sent": the device's clock or null, "headers",
--     "request"};
--   p_arrivals: see pos_receive_v2; p_bodies: the bytes.
-- Answer: [raw id], in the order of the bodies.
-- Locks: none.
-- Callers: pos_receive_v2.
CREATE OR REPLACE FUNCTION pos_capture_v1(p_tenant bigint, p_api_key bigint, p_context jsonb, p_arrivals jsonb, p_bodies bytea[])
RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    raw_ids bigint[];
    a jsonb := p_arrivals -> 0;
    received timestamptz := (p_context ->> 'at')::timestamptz;
    sent timestamptz := (p_context ->> 'sent')::timestamptz;
    headers jsonb := p_context -> 'headers';
    request text := p_context ->> 'request';
BEGIN
    IF cardinality(p_bodies) = 1 THEN
        raw_ids := ARRAY[nextval('events_raw_id_seq')];
        INSERT INTO events_raw (id, tenant_id, api_key_id, received_at, raw_body, raw_sha256, redacted_mac, raw_length,
                                headers, request_id, payload_sha256, event_id, schema_version, store_code,
                                source_system, source_event_id, event_type, txn_id, occurred_at, device_sent_at,
                                corrected_at)
            VALUES (raw_ids[1], p_tenant, p_api_key, received, p_bodies[1],
                    CASE WHEN a ->> 'mac' IS NULL THEN sha256(p_bodies[1]) END, decode(a ->> 'mac', 'hex'),
                    coalesce((a ->> 'len')::integer, length(p_bodies[1])), headers,
                    request, decode(a ->> 'hash', 'hex'), a ->> 'k', a ->> 'sv', a ->> 'st', a ->> 'ss',
                    a ->> 'se', a ->> 'et', a ->> 'tx', coalesce(a ->> 'claimed', a ->> 'at')::timestamptz,
                    sent,
                    CASE WHEN a ? 'claimed' THEN (a ->> 'at')::timestamptz END);
        RETURN raw_ids;
    END IF;
    SELECT array_agg(nextval('events_raw_id_seq') ORDER BY n) INTO raw_ids
        FROM generate_series(1, cardinality(p_bodies)) AS n;
    INSERT INTO events_raw (id, tenant_id, api_key_id, received_at, raw_body, raw_sha256, redacted_mac, raw_length,
                            headers, request_id, payload_sha256, event_id, schema_version, store_code,
                            source_system, source_event_id, event_type, txn_id, occurred_at, device_sent_at, corrected_at)
        SELECT raw_ids[a.o], p_tenant, p_api_key, received, p_bodies[a.o],
               CASE WHEN a.mac IS NULL THEN sha256(p_bodies[a.o]) END, decode(a.mac, 'hex'),
               coalesce(a.len, length(p_bodies[a.o])), headers, request,
               decode(a.hash, 'hex'), a.k, a.sv, a.st, a.ss, a.se, a.et, a.tx, coalesce(a.claimed, a.at),
               sent, CASE WHEN a.claimed IS NOT NULL THEN a.at END
        FROM jsonb_to_recordset(p_arrivals) AS a(
            o integer, k text, hash text, mac text, len integer, sv text, st text, ss text, se text, et text,
            tx text, at timestamptz, claimed timestamptz);
    RETURN raw_ids;
END $$;
