-- Check one leg of a settlement: an `fx` journal of its key, with the account on one side and its currency's clearing
-- account on the other.
--
-- Parameters: p_tenant, p_journal, p_key, p_day, p_account, p_currency; p_minor: what the account itself gets.
-- Answer: boolean.
-- Locks: none.
-- Callers: ledger/checks/fx.py, ledger_fx_settlements_guard_v1.
CREATE OR REPLACE FUNCTION ledger_fx_leg_stands_v1(
    p_tenant bigint, p_journal bigint, p_key text, p_day date, p_account bigint, p_currency text, p_minor bigint
) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM journals j WHERE j.id = p_journal AND j.tenant_id = p_tenant AND j.source = 'fx'
          AND j.source_key = p_key AND j.kind = 'FX_SETTLEMENT' AND j.reverses_id IS NULL AND j.business_date = p_day
    ) AND coalesce((
        SELECT count(*) = 2 AND bool_and(p.currency = p_currency)
               AND count(*) FILTER (WHERE p.account_id = p_account AND p.amount_minor = p_minor) = 1
               AND count(*) FILTER (WHERE a.role = 'FX_CLEARING' AND p.amount_minor = -p_minor) = 1
        FROM postings p JOIN accounts a ON a.id = p.account_id WHERE p.journal_id = p_journal), false)
$$;
