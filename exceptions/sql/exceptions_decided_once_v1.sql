-- Refuse to delete a case, to change its subject, or to change a resolved one (exceptions_decided_once).
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger exceptions.decided_once (BEFORE UPDATE OR DELETE, each row).
CREATE OR REPLACE FUNCTION exceptions_decided_once_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.status = 'resolved'
       OR (NEW.id, NEW.tenant_id, NEW.idempotency_key, NEW.raw_id, NEW.reason_code, NEW.created_at)
          IS DISTINCT FROM (OLD.id, OLD.tenant_id, OLD.idempotency_key, OLD.raw_id, OLD.reason_code, OLD.created_at)
    THEN
        RAISE EXCEPTION 'A case is never deleted, and what it is about or was decided on it never changes.'
            USING ERRCODE = '23514', CONSTRAINT = 'exceptions_decided_once', TABLE = 'exceptions';
    END IF;
    RETURN NEW;
END $$;
