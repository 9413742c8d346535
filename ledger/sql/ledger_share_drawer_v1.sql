-- Takes a poster's share. With an older snapshot than READ COMMITTED takes, the row lock fails with 40001 when a drawer
-- of the account was opened or closed since: the poster would not see it.
CREATE OR REPLACE FUNCTION ledger_share_drawer_v1(account bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ignored text;
BEGIN
    ignored := pg_advisory_xact_lock_shared(ledger_drawer_lock_v1(account))::text;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM FROM accounts WHERE id = account FOR SHARE;
    END IF;
END $$;
