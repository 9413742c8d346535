CREATE OR REPLACE FUNCTION tenants_api_keys_lineage_v1() RETURNS trigger LANGUAGE plpgsql
SET search_path = public, pg_temp AS $$
DECLARE
    origin bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'API keys are revoked, never deleted: nobody else may have their names.'
            USING ERRCODE = '23514', CONSTRAINT = 'api_keys_never_deleted', TABLE = 'api_keys';
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.tenant_id, NEW.prefix, NEW.predecessor_id, NEW.origin_id, NEW.had_own_name)
           IS DISTINCT FROM (OLD.id, OLD.tenant_id, OLD.prefix, OLD.predecessor_id, OLD.origin_id, OLD.had_own_name) THEN
            RAISE EXCEPTION 'Key % keeps its tenant, its name and its chain of rotations.', OLD.prefix
                USING ERRCODE = '23514', CONSTRAINT = 'api_keys_lineage_fixed', TABLE = 'api_keys';
        END IF;
        RETURN NEW;
    END IF;
    SELECT coalesce(p.origin_id, p.id) INTO origin FROM api_keys p
        WHERE p.id = NEW.predecessor_id AND p.tenant_id = NEW.tenant_id;
    -- Without a predecessor, or with one of another tenant, there is no origin; with one there is no choice.
    IF (NEW.predecessor_id IS NULL) <> (origin IS NULL) OR NEW.origin_id IS DISTINCT FROM origin OR NEW.had_own_name THEN
        RAISE EXCEPTION 'Key % is not the next of its chain of rotations.', NEW.prefix
            USING ERRCODE = '23514', CONSTRAINT = 'api_keys_lineage_agrees', TABLE = 'api_keys';
    END IF;
    RETURN NEW;
END $$;
