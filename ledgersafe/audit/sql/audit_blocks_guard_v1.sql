-- Refuse a block that does not follow the block before it (audit_blocks_dense, audit_blocks_linked), does not close
-- exactly its seals (audit_blocks_complete), or whose hash is not that of its row (audit_blocks_recompute).
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger audit_blocks.blocks_guard (AFTER INSERT, each row).
CREATE OR REPLACE FUNCTION audit_blocks_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    previous audit_blocks;
    sealed record;
    broken text;
BEGIN
    SELECT * INTO previous FROM audit_blocks WHERE tenant_id = NEW.tenant_id AND number = NEW.number - 1;
    SELECT count(*) AS seals, min(s.entry_id) AS lowest, max(s.entry_id) AS highest, max(s.position) AS last,
           min(s.position) AS first, sha256(string_agg(s.sha256, ''::bytea ORDER BY s.position)) AS hash
        INTO sealed FROM audit_seals s WHERE s.tenant_id = NEW.tenant_id AND s.block_id = NEW.id;
    broken := CASE
        WHEN NEW.number > 1 AND previous.id IS NULL THEN 'audit_blocks_dense'
        WHEN NEW.previous_sha256 <> coalesce(previous.block_sha256, decode(repeat('00', 32), 'hex'))
          OR NEW.chain_length <> coalesce(previous.chain_length, 0) + NEW.entry_count THEN 'audit_blocks_linked'
        WHEN (sealed.seals, sealed.lowest, sealed.highest, sealed.first, sealed.last, sealed.hash) IS DISTINCT FROM
             (NEW.entry_count, NEW.first_entry_id, NEW.last_entry_id, 1::bigint, NEW.entry_count, NEW.entries_sha256)
            THEN 'audit_blocks_complete'
        WHEN NEW.block_sha256 <> audit_block_sha256_v1(NEW) THEN 'audit_blocks_recompute' END;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'Block % does not carry on the chain.', NEW.number
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'audit_blocks';
    END IF;
    RETURN NULL;
END $$;
