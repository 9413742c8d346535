-- Open the day of a reopening: the record is the act.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: the day's row, by its update.
-- Callers: trigger period_reopenings.reopenings_open (AFTER INSERT, each row).
CREATE OR REPLACE FUNCTION ledger_reopenings_open_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE periods SET status = 'open', closed_at = NULL WHERE id = NEW.period_id;
    RETURN NULL;
END $$;
