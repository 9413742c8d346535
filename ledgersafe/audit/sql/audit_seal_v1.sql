-- Close the committed entries that are in no block yet into the next block of the tenant's chain.
--
-- It looks for entries without a seal, never for ids above the last one: a lower id can commit later, and then goes
-- into the next block. SECURITY DEFINER: the application role itself may not write blocks and seals.
--
-- Parameters: p_tenant;
--   p_everything: look among all entries; otherwise among those dated at most an hour before the head, one short range
--     of an index.
-- Answer: {"number": of the block, "entries": how many, "sha256": hex}; NULL when there is nothing to seal.
-- Locks: the advisory lock (29, tenant), alone, until commit: the second of two sealers waits and then carries on from
--     the first one's block. Writers of entries do not take it.
-- Callers: ledgersafe/audit/sealing.py.
CREATE OR REPLACE FUNCTION audit_seal_v1(p_tenant bigint, p_everything boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    head audit_blocks;
    block audit_blocks;
    since timestamptz := '-infinity';
BEGIN
    -- The race this closes: two sealers that both carry on from the same head. The second waits, and then sees the
    -- first one's block, since every statement has a new snapshot. Nobody who writes entries takes this lock.
    PERFORM pg_advisory_xact_lock(29, hashint8(p_tenant));
    SELECT * INTO head FROM audit_blocks WHERE tenant_id = p_tenant ORDER BY number DESC LIMIT 1;
    IF head.id IS NOT NULL AND NOT p_everything THEN
        since := head.sealed_at - interval '1 hour';
    END IF;
    -- One pass finds, numbers, hashes and sums up; the block's id is drawn with the first row, so that a run that
    -- finds nothing uses up none.
    WITH sealed AS (
        INSERT INTO audit_seals (entry_id, tenant_id, block_id, position, sha256)
        SELECT e.id, e.tenant_id, (SELECT nextval(pg_get_serial_sequence('audit_blocks', 'id'))),
               row_number() OVER (ORDER BY e.id), audit_entry_sha256_v1(e)
        FROM audit_log e
        WHERE e.tenant_id = p_tenant AND e.at >= since
          AND NOT EXISTS (SELECT FROM audit_seals s WHERE s.entry_id = e.id)
        RETURNING *
    )
    SELECT max(s.block_id), min(s.entry_id), max(s.entry_id), count(*),
           sha256(string_agg(s.sha256, ''::bytea ORDER BY s.position))
        INTO block.id, block.first_entry_id, block.last_entry_id, block.entry_count, block.entries_sha256
        FROM sealed s;
    IF block.entry_count = 0 THEN
        RETURN NULL;
    END IF;

    block.tenant_id := p_tenant;
    block.number := coalesce(head.number, 0) + 1;
    block.chain_length := coalesce(head.chain_length, 0) + block.entry_count;
    block.previous_sha256 := coalesce(head.block_sha256, decode(repeat('00', 32), 'hex'));
    block.sealed_at := clock_timestamp();
    block.block_sha256 := audit_block_sha256_v1(block);
    INSERT INTO audit_blocks SELECT (block).*;
    RETURN jsonb_build_object('number', block.number, 'entries', block.entry_count,
                              'sha256', encode(block.block_sha256, 'hex'));
END $$;

REVOKE ALL ON FUNCTION audit_seal_v1 FROM PUBLIC;
