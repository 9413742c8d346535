-- Refuse UPDATE, DELETE and TRUNCATE of an append-only table, with SQLSTATE 23514 and constraint TABLE_append_only.
--
-- Parameters: none (a trigger function).
-- Answer: never returns; it raises.
-- Locks: none.
-- Callers: the trigger append_only of every append-only table, made by ledgersafe_make_append_only_v1.
CREATE OR REPLACE FUNCTION ledgersafe_append_only_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed or deleted.', TG_TABLE_NAME
        USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_append_only', TABLE = TG_TABLE_NAME;
END $$;
