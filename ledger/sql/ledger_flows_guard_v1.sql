-- Guard drawer transactions: an adjustment mirrors one late flow of the same closed drawer
-- (financial_transactions_adjustment_mirrors); a row that no posting made names its actor and a type that can be
-- requested (financial_transactions_asked_for), moves cash by its method and type
-- (financial_transactions_only_cash_moves_cash, financial_transactions_type_gives_direction), and goes into an open
-- drawer of its tenant and currency (financial_transactions_drawer_agrees, financial_transactions_drawer_open).
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: ledger_share_drawer_v1 until commit, so that the drawer is not closed meanwhile; then the order's row
--     (ledger_count_order_v1).
-- Callers: trigger financial_transactions.flows_guard (BEFORE INSERT, each row).
CREATE OR REPLACE FUNCTION ledger_flows_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    drawer record;
    ignored text;
BEGIN
    IF NEW.adjusts_id IS NOT NULL THEN
        IF NOT EXISTS (
            SELECT FROM financial_transactions late
            WHERE late.id = NEW.adjusts_id AND late.tenant_id = NEW.tenant_id AND late.drawer_id = NEW.drawer_id
              AND late.is_late AND late.cash_minor = -NEW.cash_minor)
        THEN
            PERFORM ledger_refuse_v1('financial_transactions_adjustment_mirrors',
                'An adjustment mirrors one late flow of the same closed drawer.');
        END IF;
    END IF;
    IF pg_trigger_depth() > 1 THEN
        RETURN NEW; -- made of postings, by their guard
    END IF;

    SELECT account_id, tenant_id, currency INTO drawer FROM pos_ledgers WHERE id = NEW.drawer_id;
    IF NOT FOUND OR (drawer.tenant_id, drawer.currency) IS DISTINCT FROM (NEW.tenant_id, NEW.currency) THEN
        PERFORM ledger_refuse_v1('financial_transactions_drawer_agrees',
            'A transaction is of its drawer''s tenant and currency.');
    END IF;
    IF NEW.actor = '' OR NEW.type NOT IN ('SALE', 'REFUND', 'PAYOUT', 'CASH_IN', 'CASH_OUT') THEN
        PERFORM ledger_refuse_v1('financial_transactions_asked_for',
            'A transaction that no posting made says who asked for it, and is of a type that can be asked for.');
    END IF;
    IF NEW.method NOT IN ('CASH', 'CARD', 'EXTERNAL') OR (NEW.method = 'CASH' AND abs(NEW.cash_minor) <> NEW.amount_minor)
       OR (NEW.method <> 'CASH' AND (NEW.cash_minor <> 0 OR NEW.type NOT IN ('SALE', 'REFUND'))) THEN
        PERFORM ledger_refuse_v1('financial_transactions_only_cash_moves_cash',
            'Cash moves its whole amount, what is no cash moves none.');
    END IF;
    IF NEW.method = 'CASH' AND (NEW.cash_minor > 0) <> (NEW.type IN ('SALE', 'CASH_IN')) THEN
        PERFORM ledger_refuse_v1('financial_transactions_type_gives_direction',
            'Sales and cash in bring money, everything else takes it.');
    END IF;
    ignored := ledger_share_drawer_v1(drawer.account_id)::text;
    IF NEW.is_late OR (SELECT status FROM pos_ledgers WHERE id = NEW.drawer_id) <> 'OPEN' THEN
        PERFORM ledger_refuse_v1('financial_transactions_drawer_open',
            format('Drawer %s is not open: it takes no transactions.', NEW.drawer_id));
    END IF;
    IF NEW.order_id <> '' AND NEW.type IN ('SALE', 'REFUND') THEN
        PERFORM ledger_count_order_v1(NEW);
    END IF;
    RETURN NEW;
END $$;
