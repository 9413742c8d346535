-- Less to do per journal: one index less on postings, and guards that ask only what concerns the rows.

-- A line is named by its journal and number; a number of its own served nobody and cost an index entry per line.
ALTER TABLE postings DROP CONSTRAINT postings_one_per_line;
ALTER TABLE postings DROP COLUMN id;
ALTER TABLE postings ADD CONSTRAINT postings_pkey PRIMARY KEY (journal_id, line_no);

-- As ledger_journals_guard_v1, but revisions and reversals are asked about in statements of their own: `flag AND
-- EXISTS (…)` is one statement to PL/pgSQL, which planned and started the query for every journal without need.
CREATE FUNCTION ledger_journals_guard_v2() RETURNS trigger LANGUAGE plpgsql AS $$
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

DROP TRIGGER journals_guard ON journals;
CREATE TRIGGER journals_guard AFTER INSERT ON journals
    REFERENCING NEW TABLE AS new_journals
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_journals_guard_v2();
ALTER TABLE journals ENABLE ALWAYS TRIGGER journals_guard;
DROP FUNCTION ledger_journals_guard_v1();

-- As ledger_postings_guard_v1, but the set of one journal, as nearly all are, is judged as a whole: nothing to group.
CREATE FUNCTION ledger_postings_guard_v2() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    facts record;
    groups record;
    broken record;
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
           bool_or((SELECT a.status FROM accounts a WHERE a.id = p.account_id AND a.tenant_id = p.tenant_id
                    AND a.currency = p.currency) IS DISTINCT FROM 'active') AS strangers
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

    IF facts.strangers THEN
        SELECT p.account_id AS account, a.status INTO broken
            FROM new_postings p LEFT JOIN accounts a
                 ON a.id = p.account_id AND a.tenant_id = p.tenant_id AND a.currency = p.currency
            WHERE a.status IS DISTINCT FROM 'active' LIMIT 1;
        PERFORM ledger_refuse_v1('postings_account_agrees',
            format('Account %s is %s.', broken.account,
                   coalesce(broken.status, 'not of the posting''s tenant and currency')));
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
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_postings_guard_v2();
ALTER TABLE postings ENABLE ALWAYS TRIGGER postings_guard;
DROP FUNCTION ledger_postings_guard_v1();
