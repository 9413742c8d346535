-- Guard business days: none before the books start (periods_from_books_start) or at or before a closed day
-- (periods_after_last_close), date and span fixed (periods_fixed), closed in order (periods_closed_in_order), reopened
-- only by a record of who and why (periods_reopened_with_reason).
--
-- A day inserted as closed takes the instant of that insertion; a day that is closed takes an instant with the lock
-- held, so everything posted into it was recorded before.
--
-- Parameters: none (a trigger function).
-- Answer: the row, with the instants of its close and reopening.
-- Locks: the calendar's advisory lock (-tenant): no day is added before a day that is just being closed. Closing also
--     takes the day's lock alone: it waits for every poster of the day, and every later one sees the close. Above READ
--     COMMITTED the tenant's row FOR SHARE, which fails with 40001 where an older snapshot would miss a new start of
--     the books.
-- Callers: trigger periods.periods_guard (BEFORE INSERT OR UPDATE, each row).
CREATE OR REPLACE FUNCTION ledger_periods_guard_v3() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    first date;
BEGIN
    PERFORM pg_advisory_xact_lock(-NEW.tenant_id);
    IF TG_OP = 'INSERT' THEN
        IF current_setting('transaction_isolation') = 'read committed' THEN
            -- With the calendar in hand: whoever moves the books' start to a later day has it first, or waits.
            SELECT books_start INTO first FROM tenants WHERE id = NEW.tenant_id;
        ELSE
            -- An older snapshot would not see who was there before: the row lock fails with 40001.
            SELECT books_start INTO first FROM tenants WHERE id = NEW.tenant_id FOR SHARE;
        END IF;
        IF NEW.business_date < first THEN
            PERFORM ledger_refuse_v1('periods_from_books_start',
                format('Business day %s lies before the books start on %s.', NEW.business_date, first));
        END IF;
        IF EXISTS (SELECT FROM periods WHERE tenant_id = NEW.tenant_id AND status = 'closed'
                   AND business_date >= NEW.business_date) THEN
            PERFORM ledger_refuse_v1('periods_after_last_close',
                format('Business day %s lies at or before a closed day.', NEW.business_date));
        END IF;
        IF NEW.status = 'closed' THEN
            NEW.closed_at := clock_timestamp();
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.tenant_id, NEW.business_date, NEW.starts_at, NEW.ends_at)
       IS DISTINCT FROM (OLD.tenant_id, OLD.business_date, OLD.starts_at, OLD.ends_at) THEN
        PERFORM ledger_refuse_v1('periods_fixed', 'A business day keeps its tenant, date and span.');
    END IF;
    IF NEW.status = 'closed' AND OLD.status = 'open' THEN
        PERFORM pg_advisory_xact_lock(ledger_day_lock_v1(NEW.tenant_id, NEW.business_date));
        IF EXISTS (SELECT FROM periods WHERE tenant_id = NEW.tenant_id AND status = 'open'
                   AND business_date < NEW.business_date) THEN
            PERFORM ledger_refuse_v1('periods_closed_in_order', 'An earlier business day is still open.');
        END IF;
        -- Taken with the lock in hand: whatever was posted into the day was recorded before this instant.
        NEW.closed_at := clock_timestamp();
    ELSIF NEW.status = 'open' AND OLD.status = 'closed' THEN
        SELECT r.reopened_at INTO NEW.reopened_at FROM period_reopenings r
            WHERE r.tenant_id = OLD.tenant_id AND r.period_id = OLD.id AND r.closed_at = OLD.closed_at;
        IF NOT FOUND THEN
            PERFORM ledger_refuse_v1('periods_reopened_with_reason',
                'A closed business day is opened again only by a record of who did and why.');
        END IF;
        NEW.closed_at := NULL;
        RETURN NEW;
    ELSIF NEW.closed_at IS DISTINCT FROM OLD.closed_at THEN
        PERFORM ledger_refuse_v1('periods_fixed', 'A closed business day keeps the instant of its close.');
    END IF;
    IF NEW.reopened_at IS DISTINCT FROM OLD.reopened_at THEN
        PERFORM ledger_refuse_v1('periods_reopened_with_reason', 'Only a record of reopening sets its instant.');
    END IF;
    RETURN NEW;
END $$;
