-- Guard a tenant's calendar: with business days it keeps base currency, time zone and cut-off (tenants_calendar_fixed),
-- and its books start no later than its first business day (tenants_books_start_before_first_day).
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: the calendar's advisory lock (-tenant), so that nobody opens a first day meanwhile.
-- Callers: trigger tenants.calendar_fixed (BEFORE UPDATE, each row).
CREATE OR REPLACE FUNCTION ledger_tenants_guard_v2() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_recut boolean := (NEW.base_currency, NEW.time_zone, NEW.cut_off_hour, NEW.cut_off_minute)
        IS DISTINCT FROM (OLD.base_currency, OLD.time_zone, OLD.cut_off_hour, OLD.cut_off_minute);
    starts_later boolean := NEW.books_start > OLD.books_start;
BEGIN
    IF NOT is_recut AND NOT starts_later THEN
        RETURN NEW;
    END IF;
    PERFORM pg_advisory_xact_lock(-NEW.id);
    IF is_recut AND EXISTS (SELECT FROM periods WHERE tenant_id = NEW.id) THEN
        PERFORM ledger_refuse_v1('tenants_calendar_fixed',
            'A tenant with business days keeps its base currency, time zone and cut-off.');
    END IF;
    IF starts_later THEN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            PERFORM ledger_refuse_v1('tenants_books_start_before_first_day',
                'Books start later only at READ COMMITTED: an older snapshot may miss their first day.');
        END IF;
        IF EXISTS (SELECT FROM periods WHERE tenant_id = NEW.id AND business_date < NEW.books_start) THEN
            PERFORM ledger_refuse_v1('tenants_books_start_before_first_day',
                format('There are business days before %s.', NEW.books_start));
        END IF;
    END IF;
    RETURN NEW;
END $$;
