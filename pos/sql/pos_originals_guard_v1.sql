-- Refuse, at commit, a change of an event that leaves less of it than its references use (pos_check_original_v1).
--
-- Most events have no references. Whoever adds one meanwhile waits for the key, which this transaction has just
-- changed.
--
-- Parameters: none (a trigger function).
-- Answer: null (a deferred constraint trigger).
-- Locks: as pos_check_original_v1, where there are references.
-- Callers: trigger events_processed.originals_guard (AFTER UPDATE OF journal_id, status, deferred to commit).
CREATE OR REPLACE FUNCTION pos_originals_guard_v1() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_sort = off SET enable_incremental_sort = off SET jit = off AS $$
BEGIN
    IF (SELECT sign FROM sale_references
        WHERE tenant_id = NEW.tenant_id AND original_key >= NEW.idempotency_key
          AND original_key <= NEW.idempotency_key
        ORDER BY original_key LIMIT 1) IS NOT NULL THEN
        PERFORM pos_check_original_v1(NEW.tenant_id, NEW.idempotency_key);
    END IF;
    RETURN NULL;
END $$;
