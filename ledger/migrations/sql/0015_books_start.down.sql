DROP TRIGGER periods_inserted ON periods;
DROP FUNCTION ledger_periods_inserted_v1();
DROP TRIGGER periods_guard ON periods;
DROP FUNCTION ledger_periods_guard_v3();
CREATE FUNCTION ledger_periods_guard_v2() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(-NEW.tenant_id);
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM periods WHERE tenant_id = NEW.tenant_id AND status = 'closed'
                   AND business_date >= NEW.business_date) THEN
            PERFORM ledger_refuse_v1('periods_after_last_close',
                format('Business day %s lies at or before a closed day.', NEW.business_date));
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
CREATE TRIGGER periods_guard BEFORE INSERT OR UPDATE ON periods
    FOR EACH ROW EXECUTE FUNCTION ledger_periods_guard_v2();
ALTER TABLE periods ENABLE ALWAYS TRIGGER periods_guard;
DROP TRIGGER calendar_fixed ON tenants;
DROP FUNCTION ledger_tenants_guard_v2();
CREATE FUNCTION ledger_tenants_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.base_currency, NEW.time_zone, NEW.cut_off_hour, NEW.cut_off_minute)
       IS DISTINCT FROM (OLD.base_currency, OLD.time_zone, OLD.cut_off_hour, OLD.cut_off_minute)
       AND EXISTS (SELECT FROM periods WHERE tenant_id = NEW.id) THEN
        PERFORM ledger_refuse_v1('tenants_calendar_fixed',
            'A tenant with business days keeps its base currency, time zone and cut-off.');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER calendar_fixed BEFORE UPDATE ON tenants
    FOR EACH ROW EXECUTE FUNCTION ledger_tenants_guard_v1();
ALTER TABLE tenants ENABLE ALWAYS TRIGGER calendar_fixed;
