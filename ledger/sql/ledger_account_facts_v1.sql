-- Describe an account by the columns that have a history.
--
-- Parameters: a: the row of accounts.
-- Answer: {"code", "name", "status", "floor_minor", "metadata"}.
-- Locks: none.
-- Callers: ledger_accounts_history_v1.
CREATE OR REPLACE FUNCTION ledger_account_facts_v1(a accounts) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('code', a.code, 'name', a.name, 'status', a.status, 'floor_minor', a.floor_minor,
                              'metadata', a.metadata)
$$;
