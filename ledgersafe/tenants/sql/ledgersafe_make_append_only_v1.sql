-- Make a table append-only: create its trigger append_only and enable it ALWAYS.
--
-- One statement-level trigger stops UPDATE, DELETE and TRUNCATE, also those that would touch no row. ALWAYS: a session
-- in replication mode does not slip past it.
--
-- Parameters: target: the table.
-- Answer: none (a procedure).
-- Locks: SHARE ROW EXCLUSIVE, then ACCESS EXCLUSIVE on the table, as
CREATE OR REPLACE PROCEDURE ledgersafe_make_append_only_v1(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
         FOR EACH STATEMENT EXECUTE FUNCTION ledgersafe_append_only_v1()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only', target);
END $$;
