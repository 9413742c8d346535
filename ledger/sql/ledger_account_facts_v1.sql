-- What of an account has a history.
CREATE OR REPLACE FUNCTION ledger_account_facts_v1(a accounts) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT jsonb_build_object('code', a.code, 'name', a.name, 'status', a.status, 'floor_minor', a.floor_minor,
                              'metadata', a.metadata)
$$;
