-- Wait until nobody is posting for the tenant, and keep posters waiting until the end of the transaction.
--
-- Whoever posted before is seen from now on, whoever posts later sees the changes of this transaction.
--
-- Parameters: tenant: id.
-- Answer: none.
-- Locks: first the calendar's advisory lock (-tenant), as closers take it, so that no day is opened meanwhile; then
--     the lock of every open day, alone, by date.
-- Callers: ledger_change_accounts_v1, ledger_accounts_guard_v2.
CREATE OR REPLACE FUNCTION ledger_await_posters_v1(tenant bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    day date;
BEGIN
    PERFORM pg_advisory_xact_lock(-tenant);
    FOR day IN SELECT business_date FROM periods WHERE tenant_id = tenant AND status = 'open' ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock(ledger_day_lock_v1(tenant, day));
    END LOOP;
END $$;
