-- Hash an audit entry with SHA-256.
--
-- Hashes are taken of a JSON array in Postgres' own jsonb spelling. An array keeps fields apart (no two different rows
-- are spelled the same), instants are spelled in UTC (as `timestamp`, whatever TimeZone and DateStyle the session has),
-- and before/after are hashed as the text of what is stored. ledgersafe/audit/chain.py spells the same arrays again, so
-- that a replaced function does not also replace its own proof.
--
-- Parameters: e: the row of audit_log.
-- Answer: bytea, 32 bytes.
-- Locks: none.
-- Callers: audit_seal_v1, audit_seals_guard_v1.
CREATE OR REPLACE FUNCTION audit_entry_sha256_v1(e audit_log) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        'audit.entry.v1', e.id, e.tenant_id, e.at AT TIME ZONE 'UTC', e.actor, e.action, e.object_type, e.object_id,
        e.before::text, e.after::text, e.notes, e.request_id)::text, 'UTF8'))
$$;
