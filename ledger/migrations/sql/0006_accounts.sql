-- Accounts with a history, and with a floor below which nothing may take them.

-- +1 where debits make an account grow, -1 where credits do.
CREATE FUNCTION ledger_normal_side_v1(kind text) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN kind IN ('ASSET', 'EXPENSE') THEN 1 ELSE -1 END
$$;

-- Everything posted to an account, debit positive: the newest snapshot of a closed day and what came after it.
-- Volatile on purpose: called by a guard it sees what was committed up to this moment.
CREATE FUNCTION ledger_balance_v1(p_tenant bigint, p_account bigint) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    kept record;
BEGIN
    SELECT s.balance_minor, s.business_date INTO kept
        FROM balance_snapshots s
        JOIN periods d ON d.tenant_id = s.tenant_id AND d.business_date = s.business_date AND d.status = 'closed'
        WHERE s.tenant_id = p_tenant AND s.account_id = p_account
        ORDER BY s.business_date DESC LIMIT 1;
    RETURN coalesce(kept.balance_minor, 0) + coalesce((
        SELECT sum(amount_minor) FROM postings
        WHERE tenant_id = p_tenant AND account_id = p_account
          AND business_date > coalesce(kept.business_date, '-infinity')), 0);
END $$;

-- Waits until nobody is posting for the tenant, and keeps posters waiting until the end of the transaction. Whoever
-- posted before is seen from now on, whoever posts later sees what this transaction changes. First the calendar's
-- lock, as the closer takes them: no day is opened meanwhile.
CREATE FUNCTION ledger_await_posters_v1(tenant bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    day date;
BEGIN
    PERFORM pg_advisory_xact_lock(-tenant);
    FOR day IN SELECT business_date FROM periods WHERE tenant_id = tenant AND status = 'open' ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock(ledger_day_lock_v1(tenant, day));
    END LOOP;
END $$;

-- First call of whoever changes an account: says who it is, for the history; and waits for posters, before any row is
-- locked, when what is to change depends on the balance.
CREATE FUNCTION ledger_change_accounts_v1(tenant bigint, actor text, exclusively boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('ledger.actor', actor, true);
    IF exclusively THEN
        PERFORM ledger_await_posters_v1(tenant);
    END IF;
END $$;

-- As ledger_accounts_guard_v1, and: an account is closed empty, and a floor is no higher than what is there.
CREATE FUNCTION ledger_accounts_guard_v2() RETURNS trigger LANGUAGE plpgsql AS $$
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

DROP TRIGGER accounts_guard ON accounts;
CREATE TRIGGER accounts_guard BEFORE INSERT OR UPDATE ON accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_accounts_guard_v2();
ALTER TABLE accounts ENABLE ALWAYS TRIGGER accounts_guard;
DROP FUNCTION ledger_accounts_guard_v1();

-- What of an account has a history.
CREATE FUNCTION ledger_account_facts_v1(a accounts) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('code', a.code, 'name', a.name, 'status', a.status, 'floor_minor', a.floor_minor,
                              'metadata', a.metadata)
$$;

-- Every change of an account, whoever makes it and by what way, is a row of its history. Runs with the owner's rights:
-- nobody else may write there.
CREATE FUNCTION ledger_accounts_history_v1() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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

CREATE TRIGGER accounts_history AFTER INSERT OR UPDATE ON accounts
    FOR EACH ROW EXECUTE FUNCTION ledger_accounts_history_v1();
ALTER TABLE accounts ENABLE ALWAYS TRIGGER accounts_history;

-- Accounts that were there before their history was kept.
INSERT INTO account_versions (tenant_id, account_id, version, changed_at, actor, after)
    SELECT a.tenant_id, a.id, 1, a.created_at, 'system:migration', ledger_account_facts_v1(a) FROM accounts a;

CALL ledgersafe_make_append_only_v1('account_versions');

-- As ledger_postings_guard_v2, and: what takes from an account with a floor leaves it at or above. That an account has
-- one comes along with its status, so that statements without such an account ask nothing more than before.
CREATE FUNCTION ledger_postings_guard_v3() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    facts record;
    groups record;
    broken record;
    floored record;
    awaiting jsonb := ledger_awaiting_v1();
    incomplete boolean;
    unbalanced boolean;
    ignored text;
BEGIN
    SELECT count(*) AS lines, min(journal_id) AS journal, min(journal_id) = max(journal_id) AS one_journal,
           sum(amount_minor) <> 0 OR min(currency) <> max(currency) AS unbalanced,
           min(tenant_id) <> max(tenant_id) OR min(business_date) <> max(business_date) AS mixed,
           jsonb_build_array(min(tenant_id), min(business_date), count(*)) AS complete,
           -- A scalar subquery: one look-up by primary key, whatever the planner believes of the table.
           bool_or((SELECT CASE WHEN a.floor_minor IS NULL THEN a.status ELSE 'floored' END
                    FROM accounts a WHERE a.id = p.account_id AND a.tenant_id = p.tenant_id
                    AND a.currency = p.currency) IS DISTINCT FROM 'active') AS particular
        INTO facts FROM new_postings p;
    IF facts.lines = 0 THEN
        RETURN NULL;
    END IF;

    IF facts.one_journal THEN
        unbalanced := facts.unbalanced;
        incomplete := facts.mixed OR awaiting -> facts.journal::text IS DISTINCT FROM facts.complete;
        awaiting := awaiting - facts.journal::text;
    ELSE
        SELECT bool_or(off <> 0 OR several) AS unbalanced,
               bool_or(mixed OR header IS DISTINCT FROM complete) AS incomplete, array_agg(id) AS done INTO groups
            FROM (
                SELECT p.journal_id::text AS id, sum(p.amount_minor) AS off,
                       min(p.currency) <> max(p.currency) AS several,
                       min(p.tenant_id) <> max(p.tenant_id) OR min(p.business_date) <> max(p.business_date) AS mixed,
                       jsonb_build_array(min(p.tenant_id), min(p.business_date), count(*)) AS complete,
                       awaiting -> p.journal_id::text AS header
                FROM new_postings p GROUP BY p.journal_id) one;
        unbalanced := groups.unbalanced;
        incomplete := groups.incomplete;
        awaiting := awaiting - groups.done;
    END IF;

    IF unbalanced THEN
        -- Several currencies may sum to zero one by one, or only together.
        SELECT p.journal_id AS id, p.currency, sum(p.amount_minor) AS off INTO broken
            FROM new_postings p GROUP BY 1, 2 HAVING sum(p.amount_minor) <> 0 LIMIT 1;
        IF FOUND THEN
            PERFORM ledger_refuse_v1('postings_balanced',
                format('Journal %s is off by %s %s.', broken.id, broken.off, broken.currency));
        END IF;
    END IF;

    IF facts.particular THEN
        SELECT p.account_id AS account, a.status INTO broken
            FROM new_postings p LEFT JOIN accounts a
                 ON a.id = p.account_id AND a.tenant_id = p.tenant_id AND a.currency = p.currency
            WHERE a.status IS DISTINCT FROM 'active' LIMIT 1;
        IF FOUND THEN
            PERFORM ledger_refuse_v1('postings_account_agrees',
                format('Account %s is %s.', broken.account,
                       coalesce(broken.status, 'not of the posting''s tenant and currency')));
        END IF;
        -- Only what takes from an account can bring it below its floor; in one order, so that two who take from the
        -- same accounts never wait crosswise.
        FOR floored IN
            SELECT a.id FROM new_postings p JOIN accounts a ON a.id = p.account_id
            WHERE a.floor_minor IS NOT NULL GROUP BY a.id
            HAVING sum(p.amount_minor) * ledger_normal_side_v1(a.type) < 0 ORDER BY a.id
        LOOP
            -- Not a mere row lock: whoever has waited for it with an older snapshot than READ COMMITTED takes fails with
            -- 40001, as he would not see what was taken meanwhile.
            UPDATE accounts SET floor_minor = floor_minor WHERE id = floored.id
                RETURNING id, tenant_id, code, type, floor_minor INTO broken;
            IF ledger_normal_side_v1(broken.type) * ledger_balance_v1(broken.tenant_id, broken.id)
               < broken.floor_minor THEN
                PERFORM ledger_refuse_v1('accounts_floor', format('Account %s would be below its floor.', broken.code));
            END IF;
        END LOOP;
    END IF;
    IF incomplete THEN
        PERFORM ledger_refuse_v1('postings_complete_set',
            'The postings are not the complete set of a new journal: tenant, day and number must agree, and nothing '
            'is added later.');
    END IF;

    ignored := set_config('ledger.awaiting', awaiting::text, true);
    RETURN NULL;
END $$;

DROP TRIGGER postings_guard ON postings;
CREATE TRIGGER postings_guard AFTER INSERT ON postings
    REFERENCING NEW TABLE AS new_postings
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_postings_guard_v3();
ALTER TABLE postings ENABLE ALWAYS TRIGGER postings_guard;
DROP FUNCTION ledger_postings_guard_v2();
