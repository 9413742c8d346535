CREATE OR REPLACE FUNCTION ledger_awaiting_v1() RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT coalesce(nullif(current_setting('ledger.awaiting', true), ''), '{}')::jsonb
$$;
