CREATE OR REPLACE FUNCTION ledger_balance_v1(p_tenant bigint, p_account bigint) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    kept record;
BEGIN
    SELECT s.balance_minor, s.business_date INTO kept
        FROM balance_snapshots s
        JOIN periods d ON d.tenant_id = s.tenant_id AND d.business_date = s.business_date AND d.status = 'closed'
        WHERE s.tenant_id = p_tenant AND s.account_id = p_account
        ORDER BY s.business_date DESC LIMIT 1;
    RETURN coalesce(kept.balance_minor, 0) + coalesce((
        SELECT sum(amount_minor) FROM postings
        WHERE tenant_id = p_tenant AND account_id = p_account
          AND business_date > coalesce(kept.business_date, '-infinity')), 0);
END $$;
CREATE OR REPLACE FUNCTION ledger_share_open_day_v1(tenant bigint, day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    state text;
    ignored text;
BEGIN
    ignored := pg_advisory_xact_lock_shared(ledger_day_lock_v1(tenant, day))::text;
    IF current_setting('transaction_isolation') = 'read committed' THEN
        -- A new snapshot per statement: having waited for the closer, it sees what the closer did.
        SELECT status INTO state FROM periods WHERE tenant_id = tenant AND business_date = day;
    ELSE
        -- An older snapshot would not: the row lock fails with 40001 when the closer was there since.
        SELECT status INTO state FROM periods WHERE tenant_id = tenant AND business_date = day FOR SHARE;
    END IF;
    IF state IS DISTINCT FROM 'open' THEN
        PERFORM ledger_refuse_v1('journals_open_day',
            format('Business day %s is %s; nothing can be posted into it.', day, coalesce(state, 'not open yet')));
    END IF;
END $$;
DROP TRIGGER append_only ON period_reopenings;
DROP TRIGGER reopenings_open ON period_reopenings;
DROP FUNCTION ledger_reopenings_open_v1();
DROP TRIGGER reopenings_guard ON period_reopenings;
DROP FUNCTION ledger_reopenings_guard_v1();
DROP TRIGGER periods_guard ON periods;
DROP FUNCTION ledger_periods_guard_v2();
CREATE FUNCTION ledger_periods_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER periods_guard BEFORE INSERT OR UPDATE ON periods
    FOR EACH ROW EXECUTE FUNCTION ledger_periods_guard_v1();
ALTER TABLE periods ENABLE ALWAYS TRIGGER periods_guard;
