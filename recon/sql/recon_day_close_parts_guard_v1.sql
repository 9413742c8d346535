-- Refuse parts of a close that was not made in this transaction and for their tenant (day_closes_parts_fixed).
--
-- Nothing is added to a close later. Rows of this transaction carry its number in xmin; a savepoint's would not, and
-- the close opens none.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger day_close_accounts.day_close_parts_guard (AFTER INSERT, each statement),
--   trigger day_close_exceptions.day_close_parts_guard (AFTER INSERT, each statement).
CREATE OR REPLACE FUNCTION recon_day_close_parts_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_parts n LEFT JOIN day_closes c ON c.id = n.close_id AND c.tenant_id = n.tenant_id
               WHERE c.id IS NULL OR c.xmin::text <> (pg_current_xact_id()::text::numeric % 4294967296)::text) THEN
        RAISE EXCEPTION 'What a close has fixed is never added to.'
            USING ERRCODE = '23514', CONSTRAINT = 'day_closes_parts_fixed', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END $$;
