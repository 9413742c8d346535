-- Refuse, at commit, a drawer transaction whose cash is not the amount its journal moved in the drawer's account
-- (financial_transactions_cash_agrees).
--
-- Rows made of postings agree by their making; only those have no actor.
--
-- Parameters: none (a trigger function).
-- Answer: null (a deferred constraint trigger).
-- Locks: none.
-- Callers: trigger financial_transactions.flows_agree (AFTER INSERT, deferred to commit).
CREATE OR REPLACE FUNCTION ledger_flows_agree_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.actor = '' THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (SELECT FROM journals WHERE id = NEW.journal_id AND tenant_id = NEW.tenant_id)
       OR NEW.cash_minor <> coalesce((
            SELECT sum(p.amount_minor) FROM postings p JOIN pos_ledgers d ON d.account_id = p.account_id
            WHERE p.journal_id = NEW.journal_id AND d.id = NEW.drawer_id), 0) THEN
        PERFORM ledger_refuse_v1('financial_transactions_cash_agrees',
            format('Transaction %s is not what its journal did to the drawer.', NEW.id));
    END IF;
    RETURN NULL;
END $$;
