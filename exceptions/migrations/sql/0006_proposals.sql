-- Whether a decision on the case is proposed, and neither declined nor withdrawn.
CREATE FUNCTION exceptions_awaits_confirmation_v1(p_tenant bigint, p_case uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM exception_resolutions p
                   WHERE p.tenant_id = p_tenant AND p.case_id = p_case AND p.stage = 'proposed'
                     AND NOT EXISTS (SELECT FROM exception_resolutions x WHERE x.tenant_id = p_tenant AND x.proposal_id = p.id))
$$;

-- Whether two names in the trail are one principal: the same, or keys of one chain of rotations.
CREATE FUNCTION exceptions_same_principal_v1(p_tenant bigint, p_one text, p_other text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_one = p_other OR EXISTS (
        SELECT FROM api_keys a JOIN api_keys b ON b.tenant_id = a.tenant_id
                                              AND coalesce(b.origin_id, b.id) = coalesce(a.origin_id, a.id)
        WHERE a.tenant_id = p_tenant AND 'key:' || a.prefix = p_one AND 'key:' || b.prefix = p_other)
$$;

-- A proposal is of an open case. It is declined by somebody else than who made it, and withdrawn by nobody else.
-- The case says whether one waits: it is counted with every page.
CREATE FUNCTION exceptions_proposals_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER proposals_guard AFTER INSERT ON exception_resolutions
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_proposals_guard_v1();
ALTER TABLE exception_resolutions ENABLE ALWAYS TRIGGER proposals_guard;

-- What a case says of its proposals is what they are.
CREATE FUNCTION exceptions_awaiting_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.awaits_confirmation IS DISTINCT FROM (TG_OP = 'UPDATE' AND OLD.awaits_confirmation)
       AND NEW.awaits_confirmation <> exceptions_awaits_confirmation_v1(NEW.tenant_id, NEW.id) THEN
        RAISE EXCEPTION 'A case awaits confirmation while a proposal of it does, and only then.'
            USING ERRCODE = '23514', CONSTRAINT = 'exceptions_awaiting_agrees', TABLE = 'exceptions';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER awaiting_guard BEFORE INSERT OR UPDATE ON exceptions
    FOR EACH ROW EXECUTE FUNCTION exceptions_awaiting_guard_v1();
ALTER TABLE exceptions ENABLE ALWAYS TRIGGER awaiting_guard;

UPDATE exceptions e SET awaits_confirmation = true
    WHERE e.status = 'open' AND exceptions_awaits_confirmation_v1(e.tenant_id, e.id);
-- Its deferred guards now: tables with events that wait cannot be altered.
SET CONSTRAINTS ALL IMMEDIATE;
