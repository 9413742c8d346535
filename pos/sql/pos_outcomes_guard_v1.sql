-- Refuse an outcome that names an arrival, case or journal of another tenant (event_outcomes_tenant_agrees).
--
-- Scalar subqueries: one look-up by primary key each, whatever the planner believes of the tables.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger event_outcomes.outcomes_guard (AFTER INSERT, each statement).
CREATE OR REPLACE FUNCTION pos_outcomes_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        -- Scalar subqueries: one look-up by primary key each, whatever the planner believes of the tables.
        SELECT FROM new_rows n
        WHERE (SELECT r.tenant_id FROM events_raw r WHERE r.id = n.raw_event_id) IS DISTINCT FROM n.tenant_id
           OR (n.exception_id IS NOT NULL AND
               (SELECT e.tenant_id FROM exceptions e WHERE e.id = n.exception_id) IS DISTINCT FROM n.tenant_id)
           OR (n.journal_id IS NOT NULL AND
               (SELECT j.tenant_id FROM journals j WHERE j.id = n.journal_id) IS DISTINCT FROM n.tenant_id)) THEN
        RAISE EXCEPTION 'An outcome names an arrival, case or journal that is not of its tenant.'
            USING ERRCODE = '23514', CONSTRAINT = 'event_outcomes_tenant_agrees', TABLE = 'event_outcomes';
    END IF;
    RETURN NULL;
END $$;
