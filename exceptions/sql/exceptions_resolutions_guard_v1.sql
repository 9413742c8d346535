-- A decision is on a case of its own tenant.
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
