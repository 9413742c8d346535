-- Whether a decision on the case is proposed, and neither declined nor withdrawn.
CREATE OR REPLACE FUNCTION exceptions_awaits_confirmation_v1(p_tenant bigint, p_case uuid) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM exception_resolutions p
                   WHERE p.tenant_id = p_tenant AND p.case_id = p_case AND p.stage = 'proposed'
                     AND NOT EXISTS (SELECT FROM exception_resolutions x WHERE x.tenant_id = p_tenant AND x.proposal_id = p.id))
$$;
