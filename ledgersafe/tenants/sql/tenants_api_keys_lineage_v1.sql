-- Guard the chain of rotated API keys: it lies within one tenant, has no forks, is written when a key is made and never
-- changes (api_keys_lineage_fixed, api_keys_lineage_agrees); no key is ever deleted (api_keys_never_deleted).
--
-- A key that replaces another is the same principal under the name of the first key of its chain. Were a key deleted,
-- its name could become another principal's.
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger api_keys.lineage (BEFORE INSERT OR UPDATE OR DELETE, each row).
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
