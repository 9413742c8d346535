-- As in its first form; a tenant has a day for every day it was open.
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
