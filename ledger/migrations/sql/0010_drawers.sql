-- Cash drawers: what is in one is the sum of its flows, every flow is a row, and a closed drawer is sealed.
-- Locks are taken in one order: calendar, days by date, drawers by account, orders by row, accounts by id.

-- One advisory lock per drawer's account: posters share it, who opens, counts or closes takes it alone. The highest bit
-- keeps it apart from the locks of days (ledger_day_lock_v1) and calendars, which are negative.
CREATE FUNCTION ledger_drawer_lock_v1(account bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT (1::bigint << 62) | account
$$;

-- Takes a poster's share. With an older snapshot than READ COMMITTED takes, the row lock fails with 40001 when a drawer
-- of the account was opened or closed since: the poster would not see it.
CREATE FUNCTION ledger_share_drawer_v1(account bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ignored text;
BEGIN
    ignored := pg_advisory_xact_lock_shared(ledger_drawer_lock_v1(account))::text;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM FROM accounts WHERE id = account FOR SHARE;
    END IF;
END $$;

-- Waits until nobody is posting to a drawer's account, and keeps posters waiting until the end of the transaction.
-- First a share of the day, as posters take them, so that nobody who closes the day is met crosswise.
-- Answers what is in the account, in minor units.
CREATE FUNCTION ledger_lock_drawer_v1(p_tenant bigint, p_day date, p_account bigint) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_share_open_day_v1(p_tenant, p_day);
    PERFORM pg_advisory_xact_lock(ledger_drawer_lock_v1(p_account));
    -- Not a mere row lock: see ledger_share_drawer_v1.
    UPDATE accounts SET floor_minor = floor_minor WHERE id = p_account AND tenant_id = p_tenant;
    RETURN ledger_balance_v1(p_tenant, p_account);
END $$;

-- What a flow of cash was, by the journal that moved it.
CREATE FUNCTION ledger_flow_type_v1(source text, kind text, cash bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN source = 'drawer' THEN CASE kind
            WHEN 'DRAWER_OPENED' THEN 'FLOAT'
            WHEN 'DRAWER_COUNTED' THEN 'OVER_SHORT'
            WHEN 'DRAWER_EMPTIED' THEN 'EMPTIED'
            WHEN 'DRAWER_ADJUSTED' THEN 'ADJUSTMENT'
            ELSE 'CORRECTION' END
        WHEN cash > 0 THEN CASE kind
            WHEN 'SALE' THEN 'SALE'
            WHEN 'PAID_IN' THEN 'CASH_IN'
            WHEN 'CASH_IN' THEN 'CASH_IN'
            ELSE 'CORRECTION' END
        ELSE CASE kind
            WHEN 'RETURN' THEN 'REFUND'
            WHEN 'REFUND' THEN 'REFUND'
            WHEN 'PAYOUT' THEN 'PAYOUT'
            WHEN 'PAID_OUT' THEN 'CASH_OUT'
            WHEN 'CASH_OUT' THEN 'CASH_OUT'
            WHEN 'CASH_DROP' THEN 'DROP'
            ELSE 'CORRECTION' END
        END
$$;

-- As ledger_postings_guard_v3, and: what moves a drawer's cash is a row of that drawer, whoever posts it and how. That an
-- account is a drawer's comes along with its status, so that postings of other accounts ask nothing more than before.
CREATE FUNCTION ledger_postings_guard_v4() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    facts record;
    groups record;
    broken record;
    floored record;
    drawer record;
    held bigint[];
    drawer_account bigint;
    awaiting jsonb := ledger_awaiting_v1();
    incomplete boolean;
    unbalanced boolean;
    ignored text;
BEGIN
    SELECT count(*) AS lines, min(journal_id) AS journal, min(journal_id) = max(journal_id) AS one_journal,
           sum(amount_minor) <> 0 OR min(currency) <> max(currency) AS unbalanced,
           min(tenant_id) <> max(tenant_id) OR min(business_date) <> max(business_date) AS mixed,
           jsonb_build_array(min(tenant_id), min(business_date), count(*)) AS complete,
           bit_or(p.traits & 3) AS traits, min(tenant_id) AS tenant,
           min(p.traits >> 2) FILTER (WHERE p.traits & 2 = 2) AS drawer_account,
           max(p.traits >> 2) AS last_drawer_account, sum(amount_minor) FILTER (WHERE p.traits & 2 = 2) AS cash
        INTO facts FROM (
            -- Bits of the account. 1: not active, with a floor, or no such account; 2: a drawer's, with its id above.
            -- A scalar subquery: one look-up by primary key, whatever the planner believes of the table.
            SELECT n.*, coalesce((
                SELECT CASE WHEN a.status <> 'active' OR a.floor_minor IS NOT NULL THEN 1 ELSE 0 END
                       + CASE WHEN a.role = 'DRAWER' THEN 2 + (a.id << 2) ELSE 0 END
                FROM accounts a WHERE a.id = n.account_id AND a.tenant_id = n.tenant_id
                AND a.currency = n.currency), 1) AS traits
            FROM new_postings n OFFSET 0) p;
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

    IF facts.traits & 2 = 2 THEN
        -- Before any account's row is locked: a closer of a drawer locks in that order. The look-up is a statement of
        -- its own: having waited for the closer, it sees what the closer did. What a command has told stands.
        IF facts.one_journal AND facts.drawer_account = facts.last_drawer_account THEN -- as nearly always
            ignored := ledger_share_drawer_v1(facts.drawer_account)::text;
            SELECT d.id, d.status, d.currency INTO drawer FROM pos_ledgers d
                WHERE d.tenant_id = facts.tenant AND d.account_id = facts.drawer_account ORDER BY d.id DESC LIMIT 1;
            IF FOUND AND facts.cash <> 0 THEN
                INSERT INTO financial_transactions (tenant_id, drawer_id, journal_id, type, method, currency,
                                                    amount_minor, cash_minor, is_late, adjusts_id, created_at)
                    SELECT facts.tenant, drawer.id, facts.journal, j.type, 'CASH', drawer.currency, abs(facts.cash),
                           facts.cash, drawer.status = 'CLOSED' AND j.type <> 'ADJUSTMENT',
                           CASE WHEN j.type = 'ADJUSTMENT' THEN j.source_key::bigint END, clock_timestamp()
                    FROM (SELECT ledger_flow_type_v1(h.source, h.kind, facts.cash::bigint) AS type, h.source_key
                          FROM journals h WHERE h.id = facts.journal) j
                    ON CONFLICT (tenant_id, drawer_id, journal_id) DO NOTHING;
            END IF;
        ELSE
            SELECT array_agg(one.id ORDER BY one.id) INTO held FROM (
                SELECT DISTINCT p.account_id AS id FROM new_postings p
                WHERE (SELECT a.role FROM accounts a WHERE a.id = p.account_id) = 'DRAWER') one;
            FOREACH drawer_account IN ARRAY held LOOP
                ignored := ledger_share_drawer_v1(drawer_account)::text;
            END LOOP;
            INSERT INTO financial_transactions (tenant_id, drawer_id, journal_id, type, method, currency, amount_minor,
                                                cash_minor, is_late, adjusts_id, created_at)
                SELECT flow.tenant_id, d.id, flow.journal_id, j.type, 'CASH', d.currency, abs(flow.cash), flow.cash,
                       d.status = 'CLOSED' AND j.type <> 'ADJUSTMENT',
                       CASE WHEN j.type = 'ADJUSTMENT' THEN j.source_key::bigint END, clock_timestamp()
                FROM (SELECT p.tenant_id, p.journal_id, p.account_id, sum(p.amount_minor)::bigint AS cash
                      FROM new_postings p WHERE p.account_id = ANY (held)
                      GROUP BY 1, 2, 3 HAVING sum(p.amount_minor) <> 0) flow
                CROSS JOIN LATERAL (
                    SELECT n.id, n.status, n.currency FROM pos_ledgers n
                    WHERE n.tenant_id = flow.tenant_id AND n.account_id = flow.account_id
                    ORDER BY n.id DESC LIMIT 1) d
                CROSS JOIN LATERAL (
                    SELECT ledger_flow_type_v1(h.source, h.kind, flow.cash) AS type, h.source_key
                    FROM journals h WHERE h.id = flow.journal_id OFFSET 0) j
                ON CONFLICT (tenant_id, drawer_id, journal_id) DO NOTHING;
        END IF;
    END IF;
    IF facts.traits & 1 = 1 THEN
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
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_postings_guard_v4();
ALTER TABLE postings ENABLE ALWAYS TRIGGER postings_guard;
DROP FUNCTION ledger_postings_guard_v3();

-- ── Drawers ────────────────────────────────────────────────────────────────────────────────────
-- A drawer is opened on an empty account of its register, moves only forward, and is closed when its flows, its figures
-- and its account agree; then it never changes again. Instants are taken with the drawer's lock in hand: whatever was
-- posted into it was posted between them.
CREATE FUNCTION ledger_drawers_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER drawers_guard BEFORE INSERT OR UPDATE ON pos_ledgers
    FOR EACH ROW EXECUTE FUNCTION ledger_drawers_guard_v1();
ALTER TABLE pos_ledgers ENABLE ALWAYS TRIGGER drawers_guard;

CREATE FUNCTION ledger_drawers_kept_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM ledger_refuse_v1('pos_ledgers_never_deleted', 'Drawers are never deleted.');
    RETURN NULL;
END $$;

CREATE TRIGGER drawers_kept BEFORE DELETE OR TRUNCATE ON pos_ledgers
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_drawers_kept_v1();
ALTER TABLE pos_ledgers ENABLE ALWAYS TRIGGER drawers_kept;

-- ── Flows ──────────────────────────────────────────────────────────────────────────────────────
CALL ledgersafe_make_append_only_v1('financial_transactions');

-- What was sold and refunded of an order. The row is where refunds of one order queue; its check is their limit.
CREATE FUNCTION ledger_count_order_v1(flow financial_transactions) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    -- The row first: a refund that was to become one would be refused before it is seen that there is one.
    UPDATE order_totals
        SET sold_minor = sold_minor + CASE WHEN flow.type = 'SALE' THEN flow.amount_minor ELSE 0 END,
            refunded_minor = refunded_minor + CASE WHEN flow.type = 'REFUND' THEN flow.amount_minor ELSE 0 END
        WHERE tenant_id = flow.tenant_id AND order_id = flow.order_id AND currency = flow.currency;
    IF NOT FOUND THEN
        INSERT INTO order_totals AS o (tenant_id, order_id, currency, sold_minor, refunded_minor)
            VALUES (flow.tenant_id, flow.order_id, flow.currency,
                    CASE WHEN flow.type = 'SALE' THEN flow.amount_minor ELSE 0 END,
                    CASE WHEN flow.type = 'REFUND' THEN flow.amount_minor ELSE 0 END)
            ON CONFLICT (tenant_id, order_id, currency) DO UPDATE SET sold_minor = o.sold_minor + EXCLUDED.sold_minor;
    END IF;
END $$;
REVOKE ALL ON FUNCTION ledger_count_order_v1(financial_transactions) FROM PUBLIC;

-- A row that no posting made, but a command (or somebody past the product): says whose it is, and goes into an open
-- drawer of its tenant and currency. The drawer's lock is shared until the end, so that it cannot be closed meanwhile.
-- An adjustment mirrors one late flow of the same closed drawer.
CREATE FUNCTION ledger_flows_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER flows_guard BEFORE INSERT ON financial_transactions
    FOR EACH ROW EXECUTE FUNCTION ledger_flows_guard_v1();
ALTER TABLE financial_transactions ENABLE ALWAYS TRIGGER flows_guard;

-- And at commit it says what its journal did to the drawer's account. Rows made of postings do by their making, and
-- only those say nobody asked for them.
CREATE FUNCTION ledger_flows_agree_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE CONSTRAINT TRIGGER flows_agree AFTER INSERT ON financial_transactions
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_flows_agree_v1();
ALTER TABLE financial_transactions ENABLE ALWAYS TRIGGER flows_agree;

-- A transaction somebody asks for: its row and its journal. The day is open, or this is refused.
--
-- p_asked: {"drawer", "type", "method", "currency", "amount", "order", "ref", "actor", "date", "at", "debit", "credit"},
-- the last two ids of accounts. Answers {"id", "journal", "at"}.
CREATE FUNCTION ledger_transact_v1(p_tenant bigint, p_asked jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    journal bigint := nextval('journals_id_seq');
    amount bigint := (p_asked ->> 'amount')::bigint;
    is_in boolean := p_asked ->> 'type' IN ('SALE', 'CASH_IN');
    made record;
BEGIN
    PERFORM ledger_share_open_day_v1(p_tenant, (p_asked ->> 'date')::date); -- days before drawers
    INSERT INTO financial_transactions AS t (tenant_id, drawer_id, journal_id, type, method, currency, amount_minor,
                                             cash_minor, order_id, external_reference, actor, created_at)
        VALUES (p_tenant, (p_asked ->> 'drawer')::bigint, journal, p_asked ->> 'type', p_asked ->> 'method',
                p_asked ->> 'currency', amount,
                CASE WHEN p_asked ->> 'method' <> 'CASH' THEN 0 WHEN is_in THEN amount ELSE -amount END,
                p_asked ->> 'order', p_asked ->> 'ref', p_asked ->> 'actor', clock_timestamp())
        RETURNING t.id, t.created_at INTO made;
    PERFORM ledger_post_v1(p_tenant,
        jsonb_build_array(jsonb_build_object(
            'o', 0, 'id', journal, 'date', p_asked -> 'date', 'at', p_asked -> 'at', 'kind', p_asked -> 'type',
            'source', 'transaction', 'key', made.id::text, 'ref',
            coalesce(nullif(p_asked ->> 'ref', ''), p_asked ->> 'order'), 'n', 2, 'rules', 1)),
        jsonb_build_array(
            jsonb_build_object('o', 0, 'n', 1, 'a', p_asked -> 'debit', 'c', p_asked -> 'currency', 'm', amount),
            jsonb_build_object('o', 0, 'n', 2, 'a', p_asked -> 'credit', 'c', p_asked -> 'currency', 'm', -amount)));
    RETURN jsonb_build_object('id', made.id, 'journal', journal, 'at', made.created_at);
END $$;
REVOKE ALL ON FUNCTION ledger_transact_v1(bigint, jsonb) FROM PUBLIC;
