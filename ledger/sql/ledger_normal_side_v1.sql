-- Tell the side on which an account grows.
--
-- Parameters: kind: the account's type.
-- Answer: +1 where debits make it grow, -1 where credits do.
-- Locks: none.
-- Callers: ledger_accounts_guard_v2, ledger_postings_guard_v4.
CREATE OR REPLACE FUNCTION ledger_normal_side_v1(kind text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN kind IN ('ASSET', 'EXPENSE') THEN 1 ELSE -1 END
$$;
