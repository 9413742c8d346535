-- Wait until nobody is posting to a drawer's account, keep posters waiting until commit, and read its balance.
--
-- Parameters: p_tenant; p_day: the open business day; p_account: id of the drawer's account.
-- Answer: bigint, minor units in the account.
-- Locks: first a share of the day, as posters take it, so that a closer of the day is never met crosswise; then
--     ledger_drawer_lock_v1, alone; then the account's row, by an update, not a mere row lock: see
--     ledger_share_drawer_v1.
-- Callers: ledger/drawers/drawer.py.
CREATE OR REPLACE FUNCTION ledger_lock_drawer_v1(p_tenant bigint, p_day date, p_account bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_share_open_day_v1(p_tenant, p_day);
    PERFORM pg_advisory_xact_lock(ledger_drawer_lock_v1(p_account));
    -- Not a mere row lock: see ledger_share_drawer_v1.
    UPDATE accounts SET floor_minor = floor_minor WHERE id = p_account AND tenant_id = p_tenant;
    RETURN ledger_balance_v1(p_tenant, p_account);
END $$;
