-- Write a row of history for every change of an account, by any path.
--
-- SECURITY DEFINER: nobody but the owner may write account_versions.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none of its own; the account's row is locked by its change.
-- Callers: trigger accounts.accounts_history (AFTER INSERT OR UPDATE, each row).
CREATE OR REPLACE FUNCTION ledger_accounts_history_v1() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    was jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was := ledger_account_facts_v1(OLD);
        IF was = ledger_account_facts_v1(NEW) THEN
            RETURN NULL;
        END IF;
    END IF;
    INSERT INTO account_versions (tenant_id, account_id, version, changed_at, actor, before, after)
        SELECT NEW.tenant_id, NEW.id, coalesce(max(v.version), 0) + 1,
               CASE WHEN TG_OP = 'INSERT' THEN NEW.created_at ELSE clock_timestamp() END,
               coalesce(nullif(current_setting('ledger.actor', true), ''),
                        CASE WHEN TG_OP = 'INSERT' THEN 'system:posting' ELSE 'system:database' END),
               was, ledger_account_facts_v1(NEW)
        FROM account_versions v WHERE v.tenant_id = NEW.tenant_id AND v.account_id = NEW.id;
    RETURN NULL;
END $$;
