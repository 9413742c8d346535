-- Refuse to delete drawers (pos_ledgers_never_deleted).
--
-- Parameters: none (a trigger function).
-- Answer: never returns; it raises.
-- Locks: none.
-- Callers: trigger pos_ledgers.drawers_kept (BEFORE DELETE OR TRUNCATE, each statement).
CREATE OR REPLACE FUNCTION ledger_drawers_kept_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_refuse_v1('pos_ledgers_never_deleted', 'Drawers are never deleted.');
    RETURN NULL;
END $$;
