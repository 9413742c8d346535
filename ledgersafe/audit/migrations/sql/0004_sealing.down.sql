DROP TRIGGER append_only ON audit_seals;
DROP TRIGGER append_only ON audit_blocks;
DROP TRIGGER blocks_guard ON audit_blocks;
DROP FUNCTION audit_blocks_guard_v1();
DROP TRIGGER seals_guard ON audit_seals;
DROP FUNCTION audit_seals_guard_v1();
DROP FUNCTION audit_seal_v1(bigint, boolean);
DROP FUNCTION audit_block_sha256_v1(audit_blocks);
DROP FUNCTION audit_entry_sha256_v1(audit_log);
