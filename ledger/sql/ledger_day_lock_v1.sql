-- Number the advisory lock of a tenant's business day: posters share it, the closer takes it alone.
--
-- Parameters: tenant: id; day.
-- Answer: bigint, the number of the lock.
-- Locks: none; the caller takes the lock.
-- Callers: ledger/fx/revaluation.py, ledger_share_open_day_v1, ledger_await_posters_v1, ledger_periods_guard_v3.
CREATE OR REPLACE FUNCTION ledger_day_lock_v1(tenant bigint, day date) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (tenant << 20) | ((day - date '2000-01-01') & 1048575)
$$;
