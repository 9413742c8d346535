-- The record is the act.
CREATE OR REPLACE FUNCTION ledger_reopenings_open_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE periods SET status = 'open', closed_at = NULL WHERE id = NEW.period_id;
    RETURN NULL;
END $$;
