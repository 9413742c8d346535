-- Refuse a decision on a case of another tenant (exception_resolutions_tenant_agrees).
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: none.
-- Callers: trigger exception_resolutions.resolutions_guard (AFTER INSERT, each statement).
CREATE OR REPLACE FUNCTION exceptions_resolutions_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM new_rows n
               WHERE (SELECT e.tenant_id FROM exceptions e WHERE e.id = n.case_id) IS DISTINCT FROM n.tenant_id) THEN
        RAISE EXCEPTION 'A decision names a case that is not of its tenant.'
            USING ERRCODE = '23514', CONSTRAINT = 'exception_resolutions_tenant_agrees',
                  TABLE = 'exception_resolutions';
    END IF;
    RETURN NULL;
END $$;
