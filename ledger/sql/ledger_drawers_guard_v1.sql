-- Guard drawers: opened on an empty account of the register (pos_ledgers_tenant_agrees, pos_ledgers_opened_empty),
-- moved only forward (pos_ledgers_status_forward, pos_ledgers_fixed), closed when flows, figures and account agree
-- (pos_ledgers_closed_balanced), and then sealed (pos_ledgers_closed_sealed).
--
-- Instants are taken with the drawer's lock held: everything posted into it was posted between them.
--
-- Parameters: none (a trigger function).
-- Answer: the row, with the instant of its opening or close.
-- Locks: ledger_drawer_lock_v1, alone, when a drawer is opened or closed.
-- Callers: trigger pos_ledgers.drawers_guard (BEFORE INSERT OR UPDATE, each row).
CREATE OR REPLACE FUNCTION ledger_drawers_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    flows record;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'OPEN' THEN
            PERFORM ledger_refuse_v1('pos_ledgers_status_forward', 'A new drawer is open.');
        END IF;
        IF NOT EXISTS (SELECT FROM accounts a WHERE a.id = NEW.account_id AND a.tenant_id = NEW.tenant_id
                       AND a.role = 'DRAWER' AND a.currency = NEW.currency)
           OR NOT EXISTS (SELECT FROM registers r JOIN stores s ON s.id = r.store_id WHERE r.id = NEW.register_id
                          AND s.id = NEW.store_id AND r.tenant_id = NEW.tenant_id AND s.tenant_id = NEW.tenant_id) THEN
            PERFORM ledger_refuse_v1('pos_ledgers_tenant_agrees',
                'A drawer''s store, register and account belong together, and to its tenant.');
        END IF;
        PERFORM pg_advisory_xact_lock(ledger_drawer_lock_v1(NEW.account_id));
        IF ledger_balance_v1(NEW.tenant_id, NEW.account_id) <> 0 THEN
            PERFORM ledger_refuse_v1('pos_ledgers_opened_empty', 'There is cash in the drawer''s account already.');
        END IF;
        NEW.opened_at := clock_timestamp();
        RETURN NEW;
    END IF;

    IF OLD.status = 'CLOSED' THEN
        PERFORM ledger_refuse_v1('pos_ledgers_closed_sealed', format('Drawer %s is closed: it is sealed.', OLD.id));
    END IF;
    IF NEW.status = 'OPEN' AND OLD.status <> 'OPEN' THEN
        PERFORM ledger_refuse_v1('pos_ledgers_status_forward', 'A drawer that was counted is not opened again.');
    END IF;
    IF (NEW.id, NEW.tenant_id, NEW.store_id, NEW.register_id, NEW.account_id, NEW.currency, NEW.starting_cash_minor,
        NEW.is_blind, NEW.opened_at, NEW.opened_by)
       IS DISTINCT FROM (OLD.id, OLD.tenant_id, OLD.store_id, OLD.register_id, OLD.account_id, OLD.currency,
                         OLD.starting_cash_minor, OLD.is_blind, OLD.opened_at, OLD.opened_by) THEN
        PERFORM ledger_refuse_v1('pos_ledgers_fixed', 'A drawer keeps its register, currency and starting cash.');
    END IF;
    IF NEW.status = 'CLOSED' THEN
        PERFORM pg_advisory_xact_lock(ledger_drawer_lock_v1(NEW.account_id));
        SELECT coalesce(sum(cash_minor) FILTER (WHERE type NOT IN ('OVER_SHORT', 'EMPTIED')), 0) AS expected,
               coalesce(sum(cash_minor) FILTER (WHERE type = 'OVER_SHORT'), 0) AS over_short,
               coalesce(-sum(cash_minor) FILTER (WHERE type = 'EMPTIED'), 0) AS emptied
            INTO flows FROM financial_transactions WHERE tenant_id = NEW.tenant_id AND drawer_id = NEW.id;
        IF (flows.expected, flows.over_short, flows.emptied)
           IS DISTINCT FROM (NEW.expected_cash_minor, NEW.variance_minor, NEW.actual_cash_minor)
           OR ledger_balance_v1(NEW.tenant_id, NEW.account_id) <> 0 THEN
            PERFORM ledger_refuse_v1('pos_ledgers_closed_balanced',
                format('The figures of drawer %s are not those of its flows and its account.', NEW.id));
        END IF;
        NEW.closed_at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;
