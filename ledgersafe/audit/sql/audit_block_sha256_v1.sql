-- Hash a block of the audit chain with SHA-256, in the spelling of audit_entry_sha256_v1.
--
-- Parameters: b: the row of audit_blocks; its block_sha256 is not part of the hash.
-- Answer: bytea, 32 bytes.
-- Locks: none.
-- Callers: audit_seal_v1, audit_blocks_guard_v1.
CREATE OR REPLACE FUNCTION audit_block_sha256_v1(b audit_blocks) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        'audit.block.v1', b.tenant_id, b.number, b.first_entry_id, b.last_entry_id, b.entry_count, b.chain_length,
        encode(b.entries_sha256, 'hex'), encode(b.previous_sha256, 'hex'), b.sealed_at AT TIME ZONE 'UTC')::text,
        'UTF8'))
$$;
