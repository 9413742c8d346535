-- Take a poster's share of a drawer's lock.
--
-- Parameters: account: id of the drawer's account.
-- Answer: none.
-- Locks: ledger_drawer_lock_v1(account), shared, until commit; above READ COMMITTED also the account's row FOR SHARE,
--     which fails with 40001 when a drawer of the account was opened or closed since: the poster would not see it.
-- Callers: ledger_postings_guard_v4, ledger_flows_guard_v1.
CREATE OR REPLACE FUNCTION ledger_share_drawer_v1(account bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ignored text;
BEGIN
    ignored := pg_advisory_xact_lock_shared(ledger_drawer_lock_v1(account))::text;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM FROM accounts WHERE id = account FOR SHARE;
    END IF;
END $$;
