-- Name these books: the server, its time line and the database.
--
-- The time line changes with every restored backup and every standby that takes over. A memory of other books, or of
-- these before they lost their last minutes, is not valid here. A part that a provider hides is left out.
--
-- Parameters: none.
-- Answer: text, its parts separated by slashes.
-- Locks: none.
-- Callers: ledgersafe/idempotency/books.py.
CREATE OR REPLACE FUNCTION idempotency_books_v1() RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    server text := '';
    time_line text := '';
BEGIN
    BEGIN
        SELECT system_identifier::text INTO server FROM pg_control_system();
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    BEGIN
        time_line := left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
    RETURN concat_ws('/', server, time_line, (SELECT oid::text FROM pg_database WHERE datname = current_database()));
END $$;
