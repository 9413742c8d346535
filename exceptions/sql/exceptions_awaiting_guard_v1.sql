-- Refuse a case whose awaits_confirmation differs from its proposals (exceptions_awaiting_agrees).
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger exceptions.awaiting_guard (BEFORE INSERT OR UPDATE, each row).
CREATE OR REPLACE FUNCTION exceptions_awaiting_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.awaits_confirmation IS DISTINCT FROM (TG_OP = 'UPDATE' AND OLD.awaits_confirmation)
       AND NEW.awaits_confirmation <> exceptions_awaits_confirmation_v1(NEW.tenant_id, NEW.id) THEN
        RAISE EXCEPTION 'A case awaits confirmation while a proposal of it does, and only then.'
            USING ERRCODE = '23514', CONSTRAINT = 'exceptions_awaiting_agrees', TABLE = 'exceptions';
    END IF;
    RETURN NEW;
END $$;
