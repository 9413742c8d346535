-- Guard proposals: a proposal is of an open case (exception_resolutions_case_is_open); another person declines it, its
-- author alone withdraws it (exception_resolutions_end_a_proposal, exception_resolutions_ended_by_whom).
--
-- It also sets the case's awaits_confirmation, which is counted with every page.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: rows of the cases, FOR NO KEY UPDATE in the order of their ids: whoever decides a case meanwhile waits, or
--     was waited for.
-- Callers: trigger exception_resolutions.proposals_guard (AFTER INSERT, each statement).
CREATE OR REPLACE FUNCTION exceptions_proposals_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    -- Who decides the case meanwhile waits, or was waited for.
    PERFORM FROM exceptions e WHERE e.id IN (SELECT n.case_id FROM new_rows n WHERE n.stage <> 'resolved')
        ORDER BY e.id FOR NO KEY UPDATE;
    SELECT CASE WHEN e.status IS DISTINCT FROM 'open' THEN 'exception_resolutions_case_is_open'
                WHEN n.stage = 'proposed' THEN NULL
                WHEN p.stage IS DISTINCT FROM 'proposed' OR (p.tenant_id, p.case_id) <> (n.tenant_id, n.case_id)
                THEN 'exception_resolutions_end_a_proposal'
                WHEN (n.stage = 'withdrawn') <> exceptions_same_principal_v1(n.tenant_id, n.actor, p.actor) THEN 'exception_resolutions_ended_by_whom'
           END
        INTO broken
        FROM new_rows n
        LEFT JOIN exceptions e ON e.id = n.case_id
        LEFT JOIN exception_resolutions p ON p.id = n.proposal_id
        WHERE n.stage <> 'resolved'
        ORDER BY 1 NULLS LAST LIMIT 1;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION 'A proposal of an open case is declined by a second person or withdrawn by who made it.'
            USING ERRCODE = '23514', CONSTRAINT = broken, TABLE = 'exception_resolutions';
    END IF;
    UPDATE exceptions e SET awaits_confirmation = NOT e.awaits_confirmation
        WHERE e.id IN (SELECT n.case_id FROM new_rows n WHERE n.stage <> 'resolved')
          AND e.awaits_confirmation <> exceptions_awaits_confirmation_v1(e.tenant_id, e.id);
    RETURN NULL;
END $$;
