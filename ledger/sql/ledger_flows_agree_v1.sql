-- And at commit it says what its journal did to the drawer's account. Rows made of postings do by their making, and
-- only those say nobody asked for them.
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
