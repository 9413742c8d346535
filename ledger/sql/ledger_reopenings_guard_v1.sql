-- Guard the record of a reopening: only a closed day is reopened (period_reopenings_of_a_closed_day), the last closed
-- one first (period_reopenings_in_reverse_order). It sets the instant, and the close that it undoes.
--
-- Parameters: none (a trigger function).
-- Answer: the row, with both instants.
-- Locks: the calendar's advisory lock (-tenant) before anything is read, so that no later day is closed meanwhile;
--     then the day's row FOR UPDATE.
-- Callers: trigger period_reopenings.reopenings_guard (BEFORE INSERT, each row).
CREATE OR REPLACE FUNCTION ledger_reopenings_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    day record;
BEGIN
    PERFORM pg_advisory_xact_lock(-NEW.tenant_id);
    SELECT business_date, status, closed_at INTO day FROM periods
        WHERE id = NEW.period_id AND tenant_id = NEW.tenant_id FOR UPDATE;
    IF day.status IS DISTINCT FROM 'closed' THEN
        PERFORM ledger_refuse_v1('period_reopenings_of_a_closed_day', 'Only a closed business day can be opened again.');
    END IF;
    IF EXISTS (SELECT FROM periods WHERE tenant_id = NEW.tenant_id AND status = 'closed'
               AND business_date > day.business_date) THEN
        PERFORM ledger_refuse_v1('period_reopenings_in_reverse_order', 'A later business day is closed.');
    END IF;
    NEW.closed_at := day.closed_at;
    NEW.reopened_at := clock_timestamp();
    RETURN NEW;
END $$;
