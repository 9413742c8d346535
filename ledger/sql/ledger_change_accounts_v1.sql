-- First call of whoever changes an account: says who it is, for the history; and waits for posters, before any row is
-- locked, when what is to change depends on the balance.
CREATE OR REPLACE FUNCTION ledger_change_accounts_v1(tenant bigint, actor text, exclusively boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('ledger.actor', actor, true);
    IF exclusively THEN
        PERFORM ledger_await_posters_v1(tenant);
    END IF;
END $$;
