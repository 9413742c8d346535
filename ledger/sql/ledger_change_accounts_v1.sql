-- Begin a change of accounts: set the actor for their history, and wait for posters when the change depends on a
-- balance.
--
-- Parameters: tenant: id; actor; exclusively: whether to wait for posters, before any row is locked.
-- Answer: none.
-- Locks: ledger_await_posters_v1, if exclusively.
-- Callers: ledger/accounts/changes.py.
CREATE OR REPLACE FUNCTION ledger_change_accounts_v1(tenant bigint, actor text, exclusively boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('ledger.actor', actor, true);
    IF exclusively THEN
        PERFORM ledger_await_posters_v1(tenant);
    END IF;
END $$;
