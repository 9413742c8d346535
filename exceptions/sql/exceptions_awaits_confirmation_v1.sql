-- Tell whether a decision on the case is proposed, and neither declined nor withdrawn.
--
-- Parameters: p_tenant; p_case: id.
-- Answer: boolean.
-- Locks: none.
-- Callers: exceptions_proposals_guard_v1, exceptions_awaiting_guard_v1.
CREATE OR REPLACE FUNCTION exceptions_awaits_confirmation_v1(p_tenant bigint, p_case uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM exception_resolutions p
                   WHERE p.tenant_id = p_tenant AND p.case_id = p_case AND p.stage = 'proposed'
                     AND NOT EXISTS (SELECT FROM exception_resolutions x WHERE x.tenant_id = p_tenant AND x.proposal_id = p.id))
$$;
