-- A closed business day can be opened again: by somebody, for a reason, the last closed one first.

-- The day's lock is shared and the day looked at as before. And: whoever began before the day was opened again tries
-- once more. What is recorded into a day that was reopened is so always younger than the close that was undone, and what
-- belonged to that close can be told from it for ever: its pack stays the same, byte for byte.
CREATE OR REPLACE FUNCTION ledger_share_open_day_v1(tenant bigint, day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    state text;
    reopened timestamptz;
    ignored text;
BEGIN
    ignored := pg_advisory_xact_lock_shared(ledger_day_lock_v1(tenant, day))::text;
    IF current_setting('transaction_isolation') = 'read committed' THEN
        -- A new snapshot per statement: having waited for the closer, it sees what the closer did.
        SELECT status, reopened_at INTO state, reopened FROM periods WHERE tenant_id = tenant AND business_date = day;
    ELSE
        -- An older snapshot would not: the row lock fails with 40001 when the closer was there since.
        SELECT status, reopened_at INTO state, reopened FROM periods WHERE tenant_id = tenant AND business_date = day
            FOR SHARE;
    END IF;
    IF state IS DISTINCT FROM 'open' THEN
        PERFORM ledger_refuse_v1('journals_open_day',
            format('Business day %s is %s; nothing can be posted into it.', day, coalesce(state, 'not open yet')));
    END IF;
    IF reopened >= now() THEN
        RAISE EXCEPTION 'Business day % was opened again meanwhile.', day USING ERRCODE = '40001';
    END IF;
END $$;

-- As ledger_periods_guard_v1, and: a closed day is opened again only by its record, in reverse order, and keeps the
-- instant of its close.
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

DROP TRIGGER periods_guard ON periods;
CREATE TRIGGER periods_guard BEFORE INSERT OR UPDATE ON periods
    FOR EACH ROW EXECUTE FUNCTION ledger_periods_guard_v2();
ALTER TABLE periods ENABLE ALWAYS TRIGGER periods_guard;
DROP FUNCTION ledger_periods_guard_v1();

-- The record of a reopening says itself when, and which close it undoes; the calendar is locked before anything is read,
-- so that no later day is closed meanwhile.
CREATE FUNCTION ledger_reopenings_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER reopenings_guard BEFORE INSERT ON period_reopenings
    FOR EACH ROW EXECUTE FUNCTION ledger_reopenings_guard_v1();
ALTER TABLE period_reopenings ENABLE ALWAYS TRIGGER reopenings_guard;

-- The record is the act.
CREATE FUNCTION ledger_reopenings_open_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE periods SET status = 'open', closed_at = NULL WHERE id = NEW.period_id;
    RETURN NULL;
END $$;

CREATE TRIGGER reopenings_open AFTER INSERT ON period_reopenings
    FOR EACH ROW EXECUTE FUNCTION ledger_reopenings_open_v1();
ALTER TABLE period_reopenings ENABLE ALWAYS TRIGGER reopenings_open;

CALL ledgersafe_make_append_only_v1('period_reopenings');

-- As it was; of a day with several closes the last one's snapshot counts.
CREATE OR REPLACE FUNCTION ledger_balance_v1(p_tenant bigint, p_account bigint) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    kept record;
BEGIN
    SELECT s.balance_minor, s.business_date INTO kept
        FROM balance_snapshots s
        JOIN periods d ON d.tenant_id = s.tenant_id AND d.business_date = s.business_date AND d.status = 'closed'
        WHERE s.tenant_id = p_tenant AND s.account_id = p_account
        ORDER BY s.business_date DESC, s.revision DESC LIMIT 1;
    RETURN coalesce(kept.balance_minor, 0) + coalesce((
        SELECT sum(amount_minor) FROM postings
        WHERE tenant_id = p_tenant AND account_id = p_account
          AND business_date > coalesce(kept.business_date, '-infinity')), 0);
END $$;
