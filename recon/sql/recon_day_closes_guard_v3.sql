-- Guard closes: a close is of a closed day of its tenant and takes that day's instant (day_closes_of_a_closed_day), has
-- the day's next number (day_closes_numbered), and is covered, if at all, by the close of a later day of the same
-- tenant made in the same transaction (day_closes_covered_by_a_later_day).
--
-- Parameters: none (a trigger function).
-- Answer: the row, with the instant of the day's close.
-- Locks: none.
-- Callers: trigger day_closes.day_closes_guard (BEFORE INSERT, each row).
CREATE OR REPLACE FUNCTION recon_day_closes_guard_v3() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    number bigint;
BEGIN
    SELECT d.closed_at INTO NEW.closed_at FROM periods d
        WHERE d.id = NEW.period_id AND d.tenant_id = NEW.tenant_id AND d.business_date = NEW.business_date
          AND d.status = 'closed';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'The close of % is of no closed business day of its tenant.', NEW.business_date
            USING ERRCODE = '23514', CONSTRAINT = 'day_closes_of_a_closed_day', TABLE = 'day_closes';
    END IF;
    SELECT count(*) + 1 INTO number FROM period_reopenings
        WHERE tenant_id = NEW.tenant_id AND period_id = NEW.period_id;
    IF NEW.revision <> number THEN
        RAISE EXCEPTION 'The close of % is number %, not %.', NEW.business_date, number, NEW.revision
            USING ERRCODE = '23514', CONSTRAINT = 'day_closes_numbered', TABLE = 'day_closes';
    END IF;
    IF NEW.covered_by_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM day_closes c WHERE c.id = NEW.covered_by_id AND c.tenant_id = NEW.tenant_id
            AND c.business_date > NEW.business_date AND c.covered_by_id IS NULL
            AND c.xmin::text = (pg_current_xact_id()::text::numeric % 4294967296)::text) THEN
        RAISE EXCEPTION 'The close of % is covered by none of a later day made with it.', NEW.business_date
            USING ERRCODE = '23514', CONSTRAINT = 'day_closes_covered_by_a_later_day', TABLE = 'day_closes';
    END IF;
    RETURN NEW;
END $$;
