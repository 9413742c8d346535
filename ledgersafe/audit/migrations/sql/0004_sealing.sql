-- The chain over the audit trail: how entries and blocks are hashed, the one function that seals, and the guards.
--
-- Hashes are SHA-256 of a JSON array in Postgres' own jsonb spelling. An array keeps fields apart (no two different
-- rows spell the same), instants are spelled in UTC (as `timestamp`, whatever TimeZone and DateStyle the session
-- has), and before/after are hashed as the text of what is stored. ledgersafe/audit/chain.py spells the same arrays
-- again, so that a replaced function does not also replace its own proof.

CREATE FUNCTION audit_entry_sha256_v1(e audit_log) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        'audit.entry.v1', e.id, e.tenant_id, e.at AT TIME ZONE 'UTC', e.actor, e.action, e.object_type, e.object_id,
        e.before::text, e.after::text, e.notes, e.request_id)::text, 'UTF8'))
$$;

CREATE FUNCTION audit_block_sha256_v1(b audit_blocks) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        'audit.block.v1', b.tenant_id, b.number, b.first_entry_id, b.last_entry_id, b.entry_count, b.chain_length,
        encode(b.entries_sha256, 'hex'), encode(b.previous_sha256, 'hex'), b.sealed_at AT TIME ZONE 'UTC')::text,
        'UTF8'))
$$;

-- Closes what is committed and in no block yet; NULL when there is nothing. Looks for entries without a seal, never
-- for ids above the last one: a lower id can commit later, and then goes into the next block. p_everything: among all
-- entries, else among those dated at most an hour before the head, which is one short range of an index.
-- SECURITY DEFINER: the application role itself may not write blocks and seals.
CREATE FUNCTION audit_seal_v1(p_tenant bigint, p_everything boolean) RETURNS jsonb
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
REVOKE ALL ON FUNCTION audit_seal_v1(bigint, boolean) FROM PUBLIC;

-- ── Guards, whoever writes ─────────────────────────────────────────────────────────────────────
-- Seals come before their block, which closes them: nothing is added to a block later. Each is the hash of an entry
-- of its own tenant.
CREATE FUNCTION audit_seals_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Scalar subqueries: look-ups by primary key, whatever the planner believes of the tables. A join could read the
    -- whole trail each minute.
    IF EXISTS (SELECT FROM (SELECT DISTINCT block_id FROM new_seals) s
               WHERE (SELECT true FROM audit_blocks b WHERE b.id = s.block_id)) THEN
        RAISE EXCEPTION 'A block takes no more seals once it is closed.'
            USING ERRCODE = '23514', CONSTRAINT = 'audit_seals_before_block', TABLE = 'audit_seals';
    END IF;
    IF EXISTS (SELECT FROM new_seals s
               WHERE (SELECT audit_entry_sha256_v1(e) FROM audit_log e
                      WHERE e.id = s.entry_id AND e.tenant_id = s.tenant_id) IS DISTINCT FROM s.sha256) THEN
        RAISE EXCEPTION 'A seal is not the hash of an entry of its tenant.'
            USING ERRCODE = '23514', CONSTRAINT = 'audit_seals_recompute', TABLE = 'audit_seals';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER seals_guard AFTER INSERT ON audit_seals
    REFERENCING NEW TABLE AS new_seals
    FOR EACH STATEMENT EXECUTE FUNCTION audit_seals_guard_v1();
ALTER TABLE audit_seals ENABLE ALWAYS TRIGGER seals_guard;

-- A block follows the block before it, closes exactly its seals, and its hash is that of its row.
CREATE FUNCTION audit_blocks_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER blocks_guard AFTER INSERT ON audit_blocks
    FOR EACH ROW EXECUTE FUNCTION audit_blocks_guard_v1();
ALTER TABLE audit_blocks ENABLE ALWAYS TRIGGER blocks_guard;

CALL ledgersafe_make_append_only_v1('audit_blocks');
CALL ledgersafe_make_append_only_v1('audit_seals');
