-- Raise SQLSTATE 23514 with the name of a guard and a message.
--
-- Parameters: constraint_name: as the README's table of guarantees names it; message: for people.
-- Answer: never returns; it raises.
-- Locks: none.
-- Callers: guards and functions of ledger and pos.
CREATE OR REPLACE FUNCTION ledger_refuse_v1(constraint_name text, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', message USING ERRCODE = '23514', CONSTRAINT = constraint_name;
END $$;
