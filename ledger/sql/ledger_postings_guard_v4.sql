-- Guard new postings. One INSERT carries the complete set of each of its journals: as many as the journal was sealed
-- with (postings_complete_set), zero in sum per currency (postings_balanced), on active accounts of the same tenant and
-- currency (postings_account_agrees), above the floors of accounts (accounts_floor). A journal that awaits no postings
-- takes none, so nothing is added later.
--
-- A posting of a drawer's cash also writes the row of that drawer, by any path. That an account has a floor or is a
-- drawer's comes along with its status, so postings of other accounts cost no further query. Look-ups take one way
-- whatever is known of the tables: a session keeps the plans it made while these were empty.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: ledger_share_drawer_v1 of each drawer's account, by id, before any account's row, because a closer of a
--     drawer locks in that order; then rows of accounts with a floor that lose money, by id, by an update, not a mere
--     row lock: above READ COMMITTED whoever waited for it must fail with 40001.
-- Callers: trigger postings.postings_guard (AFTER INSERT, each statement).
CREATE OR REPLACE FUNCTION ledger_postings_guard_v4() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off SET enable_sort = off SET enable_incremental_sort = off SET jit = off AS $$
DECLARE
    facts record;
    groups record;
    broken record;
    floored record;
    drawer record;
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
           array_agg(DISTINCT p.traits >> 2) FILTER (WHERE p.traits & 2 = 2) AS held,
           sum(amount_minor) FILTER (WHERE p.traits & 2 = 2) AS cash
        INTO facts FROM (
            -- Bits of the account. 1: not active, with a floor, or no such account; 2: a drawer's, with its id above.
            -- A scalar subquery, with no condition on the tenant that an index could take: one look-up by primary key.
            SELECT n.*, coalesce((
                SELECT CASE WHEN a.status <> 'active' OR a.floor_minor IS NOT NULL THEN 1 ELSE 0 END
                       + CASE WHEN a.role = 'DRAWER' THEN 2 + (a.id << 2) ELSE 0 END
                FROM accounts a WHERE a.id = n.account_id AND a.tenant_id IS NOT DISTINCT FROM n.tenant_id
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
        IF NOT incomplete AND cardinality(groups.done) = (SELECT count(*) FROM jsonb_object_keys(awaiting)) THEN
            awaiting := '{}'; -- as nearly always: taking them out compares all with all
        ELSE
            awaiting := awaiting - groups.done;
        END IF;
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
        IF facts.one_journal AND cardinality(facts.held) = 1 THEN -- as nearly always
            drawer_account := facts.held[1];
            ignored := ledger_share_drawer_v1(drawer_account)::text;
            SELECT d.id, d.status, d.currency INTO drawer FROM pos_ledgers d
                WHERE d.tenant_id = facts.tenant AND d.account_id >= drawer_account
                  AND d.account_id <= drawer_account
                ORDER BY d.account_id, d.id DESC LIMIT 1;
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
            FOREACH drawer_account IN ARRAY facts.held LOOP -- in their order
                ignored := ledger_share_drawer_v1(drawer_account)::text;
            END LOOP;
            INSERT INTO financial_transactions (tenant_id, drawer_id, journal_id, type, method, currency, amount_minor,
                                                cash_minor, is_late, adjusts_id, created_at)
                SELECT flow.tenant_id, d.id, flow.journal_id, j.type, 'CASH', d.currency, abs(flow.cash), flow.cash,
                       d.status = 'CLOSED' AND j.type <> 'ADJUSTMENT',
                       CASE WHEN j.type = 'ADJUSTMENT' THEN j.source_key::bigint END, clock_timestamp()
                FROM (SELECT p.tenant_id, p.journal_id, p.account_id, sum(p.amount_minor)::bigint AS cash
                      FROM new_postings p WHERE p.account_id = ANY (facts.held)
                      GROUP BY 1, 2, 3 HAVING sum(p.amount_minor) <> 0) flow
                CROSS JOIN LATERAL (
                    SELECT n.id, n.status, n.currency FROM pos_ledgers n
                    WHERE n.tenant_id = flow.tenant_id AND n.account_id >= flow.account_id
                      AND n.account_id <= flow.account_id
                    ORDER BY n.account_id, n.id DESC LIMIT 1) d
                CROSS JOIN LATERAL (
                    SELECT ledger_flow_type_v1(h.source, h.kind, flow.cash) AS type, h.source_key
                    FROM journals h WHERE h.id = flow.journal_id OFFSET 0) j
                ON CONFLICT (tenant_id, drawer_id, journal_id) DO NOTHING;
        END IF;
    END IF;
    IF facts.traits & 1 = 1 THEN
        SELECT p.account_id AS account, a.status INTO broken
            FROM new_postings p LEFT JOIN LATERAL (
                SELECT x.status FROM accounts x WHERE x.id = p.account_id
                AND x.tenant_id IS NOT DISTINCT FROM p.tenant_id AND x.currency = p.currency OFFSET 0) a ON true
            WHERE a.status IS DISTINCT FROM 'active' LIMIT 1;
        IF FOUND THEN
            PERFORM ledger_refuse_v1('postings_account_agrees',
                format('Account %s is %s.', broken.account,
                       coalesce(broken.status, 'not of the posting''s tenant and currency')));
        END IF;
        -- Only what takes from an account can bring it below its floor; in one order, so that two who take from the
        -- same accounts never wait crosswise.
        FOR floored IN
            SELECT a.id FROM new_postings p CROSS JOIN LATERAL (
                SELECT x.id, x.type, x.floor_minor FROM accounts x WHERE x.id = p.account_id OFFSET 0) a
            WHERE a.floor_minor IS NOT NULL GROUP BY a.id, a.type
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
