-- What a case says of its proposals is what they are.
CREATE OR REPLACE FUNCTION exceptions_awaiting_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.awaits_confirmation IS DISTINCT FROM (TG_OP = 'UPDATE' AND OLD.awaits_confirmation)
       AND NEW.awaits_confirmation <> exceptions_awaits_confirmation_v1(NEW.tenant_id, NEW.id) THEN
        RAISE EXCEPTION 'A case awaits confirmation while a proposal of it does, and only then.'
            USING ERRCODE = '23514', CONSTRAINT = 'exceptions_awaiting_agrees', TABLE = 'exceptions';
    END IF;
    RETURN NEW;
END $$;
