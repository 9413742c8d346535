-- Tell whether two actors of the audit trail are one principal: the same name, or keys of one chain of rotations.
--
-- Parameters: p_tenant; p_one, p_other: actors, such as `key:PREFIX`.
-- Answer: boolean.
-- Locks: none.
-- Callers: exceptions/checks.py, exceptions_proposals_guard_v1.
CREATE OR REPLACE FUNCTION exceptions_same_principal_v1(p_tenant bigint, p_one text, p_other text) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_one = p_other OR EXISTS (
        SELECT FROM api_keys a JOIN api_keys b ON b.tenant_id = a.tenant_id
                                              AND coalesce(b.origin_id, b.id) = coalesce(a.origin_id, a.id)
        WHERE a.tenant_id = p_tenant AND 'key:' || a.prefix = p_one AND 'key:' || b.prefix = p_other)
$$;
