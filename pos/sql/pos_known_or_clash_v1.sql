-- Sort arrivals whose key was not taken: keys that exist, and new keys whose source event id (or device number) belongs
-- to another key.
--
-- Parameters: p_tenant; p_arrivals: see pos_receive_v2; p_rest: their keys.
-- Answer: {"known": [key states, see pos_key_states_v1], "clash": [ordinals]}.
-- Locks: as pos_key_states_v1.
-- Callers: pos_take_keys_v1, pos_take_key_v1.
CREATE OR REPLACE FUNCTION pos_known_or_clash_v1(p_tenant bigint, p_arrivals jsonb, p_rest text[]) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE
    known jsonb := pos_key_states_v1(p_tenant, p_rest);
BEGIN
    RETURN jsonb_build_object('known', known, 'clash', (
        SELECT coalesce(jsonb_agg(a.o), '[]') FROM jsonb_to_recordset(p_arrivals) AS a(o integer, k text, d text)
        WHERE a.d IN ('post', 'hold') AND a.k = ANY (p_rest)
          AND (SELECT e.id FROM events_processed e
               WHERE e.tenant_id = p_tenant AND e.idempotency_key = a.k) IS NULL));
END $$;
