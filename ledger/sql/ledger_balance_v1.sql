-- Sum everything posted to an account: the newest snapshot of a closed day and the postings after it. Of a day with
-- several closes the last one's snapshot counts.
--
-- Volatile on purpose: called by a guard it sees every row committed up to this moment.
--
-- Parameters: p_tenant; p_account: id.
-- Answer: numeric, minor units, debit positive.
-- Locks: none; callers hold a lock that keeps posters away, or accept a moving balance.
-- Callers: ledger_accounts_guard_v2, ledger_lock_drawer_v1, ledger_postings_guard_v4, ledger_drawers_guard_v1.
CREATE OR REPLACE FUNCTION ledger_balance_v1(p_tenant bigint, p_account bigint) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    kept record;
BEGIN
    SELECT s.balance_minor, s.business_date INTO kept
        FROM balance_snapshots s
        JOIN periods d ON d.tenant_id = s.tenant_id AND d.business_date = s.business_date AND d.status = 'closed'
        WHERE s.tenant_id = p_tenant AND s.account_id = p_account
        ORDER BY s.business_date DESC, s.revision DESC LIMIT 1;
    RETURN coalesce(kept.balance_minor, 0) + coalesce((
        SELECT sum(amount_minor) FROM postings
        WHERE tenant_id = p_tenant AND account_id = p_account
          AND business_date > coalesce(kept.business_date, '-infinity')), 0);
END $$;
