-- Opens cases, many in one statement: [{"id", "key", "raw", "store", "reason", "details", "risk", "currency"}].
CREATE FUNCTION exceptions_open_v1(p_tenant bigint, p_cases jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO exceptions (id, tenant_id, idempotency_key, raw_id, store_code, reason_code, status, details,
                            amount_at_risk_minor, currency)
        SELECT c.id, p_tenant, c.key, c.raw, coalesce(c.store, ''), c.reason, 'open', coalesce(c.details, '{}'),
               c.risk, coalesce(c.currency, '')
        FROM jsonb_to_recordset(p_cases) AS c(
            id uuid, key text, raw bigint, store text, reason text, details jsonb, risk bigint, currency text)
$$;

-- A case is decided once: what was decided never changes.
CREATE FUNCTION exceptions_decided_once_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.status = 'resolved'
       OR (NEW.id, NEW.tenant_id, NEW.idempotency_key, NEW.raw_id, NEW.reason_code, NEW.created_at)
          IS DISTINCT FROM (OLD.id, OLD.tenant_id, OLD.idempotency_key, OLD.raw_id, OLD.reason_code, OLD.created_at)
    THEN
        RAISE EXCEPTION 'A case is never deleted, and what it is about or was decided on it never changes.'
            USING ERRCODE = '23514', CONSTRAINT = 'exceptions_decided_once', TABLE = 'exceptions';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER decided_once BEFORE UPDATE OR DELETE ON exceptions
    FOR EACH ROW EXECUTE FUNCTION exceptions_decided_once_v1();
ALTER TABLE exceptions ENABLE ALWAYS TRIGGER decided_once;
