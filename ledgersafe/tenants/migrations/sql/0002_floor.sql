-- Floor of every guard: what append-only means, once for all tables.

CREATE FUNCTION ledgersafe_append_only_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Rows of % are never changed or deleted.', TG_TABLE_NAME
        USING ERRCODE = '23514', CONSTRAINT = TG_TABLE_NAME || '_append_only', TABLE = TG_TABLE_NAME;
END $$;

-- One statement-level trigger stops UPDATE, DELETE and TRUNCATE, also those that would touch no row. ALWAYS: a
-- session in replication mode does not slip past it.
CREATE PROCEDURE ledgersafe_make_append_only_v1(target regclass) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(
        'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
         FOR EACH STATEMENT EXECUTE FUNCTION ledgersafe_append_only_v1()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER append_only', target);
END $$;

-- A process remembers a tenant's settings for a while and names the version it remembers when it posts.
CREATE FUNCTION tenants_count_version_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END $$;

CREATE TRIGGER count_version BEFORE UPDATE ON tenants
    FOR EACH ROW EXECUTE FUNCTION tenants_count_version_v1();
ALTER TABLE tenants ENABLE ALWAYS TRIGGER count_version;

-- A register, and the store or register a key is bound to, belong to the same tenant.
CREATE FUNCTION tenants_references_agree_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER references_agree BEFORE INSERT OR UPDATE ON registers
    FOR EACH ROW EXECUTE FUNCTION tenants_references_agree_v1();
CREATE TRIGGER references_agree BEFORE INSERT OR UPDATE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION tenants_references_agree_v1();
ALTER TABLE registers ENABLE ALWAYS TRIGGER references_agree;
ALTER TABLE api_keys ENABLE ALWAYS TRIGGER references_agree;
