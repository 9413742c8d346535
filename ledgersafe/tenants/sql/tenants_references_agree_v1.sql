-- Refuse a register, or an API key, that names a store or register of another tenant (TABLE_tenant_agrees).
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger registers.references_agree (BEFORE INSERT OR UPDATE, each row),
--   trigger api_keys.references_agree (BEFORE INSERT OR UPDATE, each row).
CREATE OR REPLACE FUNCTION tenants_references_agree_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.store_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM stores WHERE id = NEW.store_id AND tenant_id = NEW.tenant_id) THEN
        RAISE EXCEPTION '% names a store of another tenant.', TG_TABLE_NAME
            USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_tenant_agrees', TABLE = TG_TABLE_NAME;
    END IF;
    IF TG_TABLE_NAME = 'api_keys' AND to_jsonb(NEW) ->> 'register_id' IS NOT NULL
       AND NOT EXISTS (SELECT FROM registers
                       WHERE id = (to_jsonb(NEW) ->> 'register_id')::bigint AND tenant_id = NEW.tenant_id) THEN
        RAISE EXCEPTION 'api_keys names a register of another tenant.'
            USING ERRCODE = '23514', CONSTRAINT = 'api_keys_tenant_agrees', TABLE = 'api_keys';
    END IF;
    RETURN NEW;
END $$;
