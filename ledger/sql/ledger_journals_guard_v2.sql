-- Guard new journals: each is of an open day (journals_open_day), a key gets its next revision only after a reversal
-- (journals_one_effective_per_key), and a reversal names one journal of its tenant that is no reversal itself
-- (journals_reversal_agrees). It then announces the postings that each journal awaits (ledger_awaiting_v1).
--
-- Revisions and reversals are queried in statements of their own: `flag AND EXISTS (…)` is one statement to PL/pgSQL,
-- which would plan and start the query for every journal. Scalar subqueries, which no planner turns into a join with
-- all journals.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: ledger_share_open_day_v1 of each tenant and day, in their order.
-- Callers: trigger journals.journals_guard (AFTER INSERT, each statement).
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
            SELECT FROM new_journals n WHERE n.revision > 1 AND n.reverses_id IS NULL AND (
                SELECT r.id FROM journals p CROSS JOIN LATERAL (
                    SELECT r.id FROM journals r WHERE r.tenant_id = p.tenant_id AND r.reverses_id = p.id LIMIT 1) r
                WHERE p.tenant_id = n.tenant_id AND p.source = n.source AND p.source_key = n.source_key
                  AND p.reverses_id IS NULL AND p.revision = n.revision - 1 LIMIT 1) IS NULL)
        THEN
            PERFORM ledger_refuse_v1('journals_one_effective_per_key',
                'A key gets a new journal only after its last one was reversed.');
        END IF;
    END IF;

    IF facts.reversals THEN
        IF EXISTS (
            SELECT FROM new_journals n WHERE n.reverses_id IS NOT NULL AND (
                SELECT o.tenant_id FROM journals o
                WHERE o.id = n.reverses_id AND o.reverses_id IS NULL) IS DISTINCT FROM n.tenant_id)
        THEN
            PERFORM ledger_refuse_v1('journals_reversal_agrees',
                'A reversal names one journal of its own tenant that is no reversal itself.');
        END IF;
    END IF;

    ignored := set_config('ledger.awaiting', (ledger_awaiting_v1() || facts.awaiting)::text, true);
    RETURN NULL;
END $$;
