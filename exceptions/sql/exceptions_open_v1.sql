-- Open cases, many in one statement.
--
-- Parameters: p_tenant;
--   p_cases: [{"id": uuid, "key": event key, "raw": raw id, "store", "reason": code, "details": {}, "risk": minor
--     units or null, "currency"}].
-- Answer: none.
-- Locks: none.
-- Callers: pos_take_keys_v1, pos_take_key_v1, pos_apply_v1, pos_receive_alone_v1, pos_take_more_v1.
CREATE OR REPLACE FUNCTION exceptions_open_v1(p_tenant bigint, p_cases jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO exceptions (id, tenant_id, idempotency_key, raw_id, store_code, reason_code, status, details,
                            amount_at_risk_minor, currency)
        SELECT c.id, p_tenant, c.key, c.raw, coalesce(c.store, ''), c.reason, 'open', coalesce(c.details, '{}'),
               c.risk, coalesce(c.currency, '')
        FROM jsonb_to_recordset(p_cases) AS c(
            id uuid, key text, raw bigint, store text, reason text, details jsonb, risk bigint, currency text)
$$;
