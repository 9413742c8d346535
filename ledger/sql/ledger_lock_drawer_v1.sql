-- Waits until nobody is posting to a drawer's account, and keeps posters waiting until the end of the transaction.
-- First a share of the day, as posters take them, so that nobody who closes the day is met crosswise.
-- Answers what is in the account, in minor units.
CREATE OR REPLACE FUNCTION ledger_lock_drawer_v1(p_tenant bigint, p_day date, p_account bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_share_open_day_v1(p_tenant, p_day);
    PERFORM pg_advisory_xact_lock(ledger_drawer_lock_v1(p_account));
    -- Not a mere row lock: see ledger_share_drawer_v1.
    UPDATE accounts SET floor_minor = floor_minor WHERE id = p_account AND tenant_id = p_tenant;
    RETURN ledger_balance_v1(p_tenant, p_account);
END $$;
