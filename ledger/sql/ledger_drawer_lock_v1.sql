-- Number the advisory lock of a drawer's account: posters share it; opening, counting and closing take it alone.
--
-- The highest bit keeps it apart from the locks of days (ledger_day_lock_v1) and calendars, which are negative.
--
-- Parameters: account: id.
-- Answer: bigint, the number of the lock.
-- Locks: none; the caller takes the lock. Locks are taken in one order: calendar, days by date, drawers by account,
--     orders by row, accounts by id.
-- Callers: ledger_share_drawer_v1, ledger_lock_drawer_v1, ledger_drawers_guard_v1.
CREATE OR REPLACE FUNCTION ledger_drawer_lock_v1(account bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (1::bigint << 62) | account
$$;
