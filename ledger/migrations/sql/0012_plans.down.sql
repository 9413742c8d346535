CREATE OR REPLACE FUNCTION ledger_share_open_day_v1(tenant bigint, day date) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    state text;
    reopened timestamptz;
    ignored text;
BEGIN
    ignored := pg_advisory_xact_lock_shared(ledger_day_lock_v1(tenant, day))::text;
    IF current_setting('transaction_isolation') = 'read committed' THEN
        -- A new snapshot per statement: having waited for the closer, it sees what the closer did.
        SELECT status, reopened_at INTO state, reopened FROM periods WHERE tenant_id = tenant AND business_date = day;
    ELSE
        -- An older snapshot would not: the row lock fails with 40001 when the closer was there since.
        SELECT status, reopened_at INTO state, reopened FROM periods WHERE tenant_id = tenant AND business_date = day
            FOR SHARE;
    END IF;
    IF state IS DISTINCT FROM 'open' THEN
        PERFORM ledger_refuse_v1('journals_open_day',
            format('Business day %s is %s; nothing can be posted into it.', day, coalesce(state, 'not open yet')));
    END IF;
    IF reopened >= now() THEN
        RAISE EXCEPTION 'Business day % was opened again meanwhile.', day USING ERRCODE = '40001';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION ledger_journals_guard_v2() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    facts record;
    other record;
    ignored text; -- an assignment is evaluated without the executor that PERFORM starts
BEGIN
    SELECT bool_or(revision > 1 AND reverses_id IS NULL) AS revisions, bool_or(reverses_id IS NOT NULL) AS reversals,
           jsonb_object_agg(id, jsonb_build_array(tenant_id, business_date, posting_count)) AS awaiting,
           min(tenant_id) AS tenant, min(business_date) AS day,
           min(tenant_id) = max(tenant_id) AND min(business_date) = max(business_date) AS one_day
        INTO facts FROM new_journals;
    IF facts.awaiting IS NULL THEN
        RETURN NULL; -- an INSERT of no rows
    END IF;

    IF facts.one_day THEN -- nearly always: no set to sort and walk
        ignored := ledger_share_open_day_v1(facts.tenant, facts.day)::text;
    ELSE
        FOR other IN SELECT DISTINCT tenant_id, business_date FROM new_journals ORDER BY 1, 2 LOOP
            ignored := ledger_share_open_day_v1(other.tenant_id, other.business_date)::text;
        END LOOP;
    END IF;

    IF facts.revisions THEN
        IF EXISTS (
            SELECT FROM new_journals n WHERE n.revision > 1 AND n.reverses_id IS NULL AND NOT EXISTS (
                SELECT FROM journals p JOIN journals r ON r.tenant_id = p.tenant_id AND r.reverses_id = p.id
                WHERE p.tenant_id = n.tenant_id AND p.source = n.source AND p.source_key = n.source_key
                  AND p.reverses_id IS NULL AND p.revision = n.revision - 1))
        THEN
            PERFORM ledger_refuse_v1('journals_one_effective_per_key',
                'A key gets a new journal only after its last one was reversed.');
        END IF;
    END IF;

    IF facts.reversals THEN
        IF EXISTS (
            SELECT FROM new_journals n WHERE n.reverses_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM journals o
                WHERE o.id = n.reverses_id AND o.tenant_id = n.tenant_id AND o.reverses_id IS NULL))
        THEN
            PERFORM ledger_refuse_v1('journals_reversal_agrees',
                'A reversal names one journal of its own tenant that is no reversal itself.');
        END IF;
    END IF;

    ignored := set_config('ledger.awaiting', (ledger_awaiting_v1() || facts.awaiting)::text, true);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION ledger_postings_guard_v4() RETURNS trigger LANGUAGE plpgsql AS $$
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
