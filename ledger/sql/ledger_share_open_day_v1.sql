-- Take a poster's share of a business day, and refuse a day that is not open (journals_open_day).
--
-- Under READ COMMITTED every statement has a new snapshot: having waited for the closer, it sees the close. Whoever
-- began before the day was reopened fails with 40001 and tries again, so a row recorded into a reopened day is always
-- younger than the close that was undone, and the pack of that close stays the same, byte for byte. The look-up takes
-- one way whatever is known of the tables: a session keeps the plans it made while these were empty.
--
-- Parameters: tenant: id; day.
-- Answer: none; raises 23514 or 40001.
-- Locks: ledger_day_lock_v1(tenant, day), shared, until commit; above READ COMMITTED also the day's row FOR SHARE,
--     which fails with 40001 when the closer was there since.
-- Callers: ledger_journals_guard_v2, ledger_lock_drawer_v1, ledger_transact_v1.
CREATE OR REPLACE FUNCTION ledger_share_open_day_v1(tenant bigint, day date) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_sort = off SET enable_incremental_sort = off SET jit = off AS $$
DECLARE
    state text;
    reopened timestamptz;
    ignored text;
BEGIN
    ignored := pg_advisory_xact_lock_shared(ledger_day_lock_v1(tenant, day))::text;
    IF current_setting('transaction_isolation') = 'read committed' THEN
        -- A new snapshot per statement: having waited for the closer, it sees what the closer did.
        SELECT status, reopened_at INTO state, reopened FROM periods
            WHERE tenant_id = tenant AND business_date >= day AND business_date <= day
            ORDER BY business_date;
    ELSE
        -- An older snapshot would not: the row lock fails with 40001 when the closer was there since.
        SELECT status, reopened_at INTO state, reopened FROM periods
            WHERE tenant_id = tenant AND business_date >= day AND business_date <= day
            ORDER BY business_date FOR SHARE;
    END IF;
    IF state IS DISTINCT FROM 'open' THEN
        PERFORM ledger_refuse_v1('journals_open_day',
            format('Business day %s is %s; nothing can be posted into it.', day, coalesce(state, 'not open yet')));
    END IF;
    IF reopened >= now() THEN
        RAISE EXCEPTION 'Business day % was opened again meanwhile.', day USING ERRCODE = '40001';
    END IF;
END $$;
