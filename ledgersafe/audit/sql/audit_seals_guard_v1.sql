-- Refuse seals of a block that is closed already (audit_seals_before_block), and seals that are not the hash of an
-- entry of their tenant (audit_seals_recompute).
--
-- Seals are written before their block, which closes them: nothing is added to a block later.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger audit_seals.seals_guard (AFTER INSERT, each statement).
CREATE OR REPLACE FUNCTION audit_seals_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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
