-- Guard accounts: tenant, currency, type, role and qualifier never change (accounts_fixed), an account is closed empty
-- (accounts_closed_empty), and its floor is no higher than its balance (accounts_floor).
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: ledger_await_posters_v1, when an account is closed or its floor rises.
-- Callers: trigger accounts.accounts_guard (BEFORE INSERT OR UPDATE, each row).
CREATE OR REPLACE FUNCTION ledger_accounts_guard_v2() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closes boolean;
    rises boolean;
    balance numeric;
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.floor_minor > 0 THEN
            PERFORM ledger_refuse_v1('accounts_floor', 'A new account is empty: its floor cannot be above zero.');
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.tenant_id, NEW.currency, NEW.type, NEW.role, NEW.qualifier)
       IS DISTINCT FROM (OLD.tenant_id, OLD.currency, OLD.type, OLD.role, OLD.qualifier) THEN
        PERFORM ledger_refuse_v1('accounts_fixed',
            'An account never changes tenant, currency, type or role: postings were made because of them.');
    END IF;
    closes := NEW.status = 'closed' AND OLD.status <> 'closed';
    rises := NEW.floor_minor IS NOT NULL AND (OLD.floor_minor IS NULL OR NEW.floor_minor > OLD.floor_minor);
    IF closes OR rises THEN
        PERFORM ledger_await_posters_v1(NEW.tenant_id);
        balance := ledger_balance_v1(NEW.tenant_id, NEW.id);
        IF closes AND balance <> 0 THEN
            PERFORM ledger_refuse_v1('accounts_closed_empty', format('Account %s is not empty.', NEW.code));
        END IF;
        IF rises AND balance * ledger_normal_side_v1(NEW.type) < NEW.floor_minor THEN
            PERFORM ledger_refuse_v1('accounts_floor', format('Account %s is below that floor.', NEW.code));
        END IF;
    END IF;
    RETURN NEW;
END $$;
