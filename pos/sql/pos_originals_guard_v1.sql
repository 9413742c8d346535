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
