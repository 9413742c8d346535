-- Receive a batch in the caller's transaction, in columns: keep every arrival, then take the keys of those to post or
-- hold.
--
-- A batch is neither made into JSON nor taken apart as such; only what few arrivals have is (p_more).
--
-- Parameters: p_tenant, p_api_key: ids; p_context: see pos_receive_v2; p_bodies, p_versions, p_source_ids,
--     p_claimed_ats, p_macs, p_lengths: one for each arrival; the others as pos_take_many_v1 takes them.
-- Answer: as pos_take_many_v1, and "raw": [raw id] in the order of the bodies; or only {"stale": true}: the API key is
--     no longer valid, or the tenant has another version.
-- Locks: as pos_take_many_v1.
-- Callers: pos/intake/writer.py.
CREATE OR REPLACE FUNCTION pos_receive_many_v1(
    p_tenant bigint, p_api_key bigint, p_context jsonb, p_bodies bytea[], p_versions text[], p_source_ids text[],
    p_claimed_ats timestamptz[], p_macs bytea[], p_lengths bigint[],
    p_does text[], p_keys text[], p_hashes bytea[], p_stores text[], p_systems text[], p_types text[], p_txns text[],
    p_ats timestamptz[], p_claims text[], p_devices text[], p_numbers bigint[], p_whys text[], p_cases uuid[],
    p_drafts bigint[], p_more jsonb,
    p_of bigint[], p_sources text[], p_kinds text[], p_dates date[], p_counts bigint[], p_late boolean[],
    p_registers text[], p_currencies text[], p_figures bigint[], p_rules integer,
    p_draft_of bigint[], p_line_numbers bigint[], p_accounts bigint[], p_amounts bigint[], p_line_currencies text[],
    p_line_currency text) RETURNS jsonb LANGUAGE plpgsql SET enable_seqscan = off SET jit = off AS $$
DECLARE
    received timestamptz := (p_context ->> 'at')::timestamptz;
    sent timestamptz := (p_context ->> 'sent')::timestamptz;
    headers jsonb := p_context -> 'headers';
    request text := p_context ->> 'request';
    raw_ids bigint[];
BEGIN
    IF NOT EXISTS (SELECT FROM tenants t JOIN api_keys k ON k.tenant_id IS NOT DISTINCT FROM t.id
                   WHERE t.id = p_tenant AND t.version = (p_context ->> 'version')::integer
                     AND k.id = p_api_key AND k.revoked_at IS NULL
                     AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())) THEN
        RETURN '{"stale": true}';
    END IF;
    raw_ids := ARRAY(SELECT nextval('events_raw_id_seq') FROM generate_series(1, cardinality(p_bodies)));
    INSERT INTO events_raw (id, tenant_id, api_key_id, received_at, raw_body, raw_sha256, redacted_mac, raw_length,
                            headers, request_id, payload_sha256, event_id, schema_version, store_code,
                            source_system, source_event_id, event_type, txn_id, occurred_at, device_sent_at, corrected_at)
        SELECT a.raw, p_tenant, p_api_key, received, a.body, CASE WHEN a.mac IS NULL THEN sha256(a.body) END, a.mac,
               coalesce(a.length, length(a.body)), headers, request, a.hash, a.key, a.version, a.store, a.system,
               a.source_id, a.type, a.txn, coalesce(a.claimed_at, a.at), sent,
               CASE WHEN a.claimed_at IS NOT NULL THEN a.at END
        FROM unnest(raw_ids, p_bodies, p_hashes, p_keys, p_versions, p_stores, p_systems, p_source_ids, p_types, p_txns,
                    p_ats, p_claimed_ats, p_macs, p_lengths)
             AS a(raw, body, hash, key, version, store, system, source_id, type, txn, at, claimed_at, mac, length);
    IF p_context ? 'rejects' THEN
        INSERT INTO event_outcomes (raw_event_id, tenant_id, result, reason_code)
            SELECT a.raw, p_tenant, 'rejected', a.why FROM unnest(raw_ids, p_does, p_whys) AS a(raw, does, why)
            WHERE a.does = 'reject';
    END IF;
    RETURN pos_take_many_v1(
        p_tenant, p_context, raw_ids,
        p_does, p_keys, p_hashes, p_stores, p_systems, p_types, p_txns, p_ats, p_claims, p_devices, p_numbers, p_whys,
        p_cases, p_drafts, p_more,
        p_of, p_sources, p_kinds, p_dates, p_counts, p_late, p_registers, p_currencies, p_figures, p_rules,
        p_draft_of, p_line_numbers, p_accounts, p_amounts, p_line_currencies, p_line_currency)
        || jsonb_build_object('raw', to_jsonb(raw_ids));
END $$;
