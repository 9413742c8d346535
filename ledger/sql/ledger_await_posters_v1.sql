-- Waits until nobody is posting for the tenant, and keeps posters waiting until the end of the transaction. Whoever
-- posted before is seen from now on, whoever posts later sees what this transaction changes. First the calendar's
-- lock, as the closer takes them: no day is opened meanwhile.
CREATE OR REPLACE FUNCTION ledger_await_posters_v1(tenant bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    day date;
BEGIN
    PERFORM pg_advisory_xact_lock(-tenant);
    FOR day IN SELECT business_date FROM periods WHERE tenant_id = tenant AND status = 'open' ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock(ledger_day_lock_v1(tenant, day));
    END LOOP;
END $$;
