CREATE OR REPLACE FUNCTION ledger_refuse_v1(constraint_name text, message text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', message USING ERRCODE = '23514', CONSTRAINT = constraint_name;
END $$;
