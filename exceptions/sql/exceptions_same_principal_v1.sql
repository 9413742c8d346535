-- Whether two names in the trail are one principal: the same, or keys of one chain of rotations.
CREATE OR REPLACE FUNCTION exceptions_same_principal_v1(p_tenant bigint, p_one text, p_other text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_one = p_other OR EXISTS (
        SELECT FROM api_keys a JOIN api_keys b ON b.tenant_id = a.tenant_id
                                              AND coalesce(b.origin_id, b.id) = coalesce(a.origin_id, a.id)
        WHERE a.tenant_id = p_tenant AND 'key:' || a.prefix = p_one AND 'key:' || b.prefix = p_other)
$$;
