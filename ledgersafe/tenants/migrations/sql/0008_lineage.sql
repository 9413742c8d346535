-- A key that replaces another is the same principal: it keeps the name of the first key of its chain. So the chain lies
-- within one tenant, has no forks, is written when a key is made, and never changes; and no key is ever deleted, or its
-- name could become somebody else's.

-- Keys that were rotated before: the audit trail says by which key. They went by names of their own so far, and what
-- they were answered stands under these.
DO $do$ BEGIN
    IF to_regclass('audit_log') IS NOT NULL THEN
        UPDATE api_keys s SET predecessor_id = r.id, had_own_name = true
            FROM (SELECT DISTINCT ON (p.id) p.id, p.tenant_id, a.after ->> 'successor' AS successor
                  FROM audit_log a JOIN api_keys p ON p.tenant_id = a.tenant_id AND p.prefix = a.object_id
                  WHERE a.action = 'tenants.api_key.rotated' ORDER BY p.id, a.id) r
            WHERE s.tenant_id = r.tenant_id AND s.prefix = r.successor AND s.id > r.id;
        WITH RECURSIVE chain AS (
            SELECT id, id AS origin FROM api_keys WHERE predecessor_id IS NULL
            UNION ALL SELECT s.id, c.origin FROM chain c JOIN api_keys s ON s.predecessor_id = c.id)
        UPDATE api_keys k SET origin_id = c.origin FROM chain c WHERE k.id = c.id AND c.origin <> k.id;
    END IF;
END $do$;
SET CONSTRAINTS ALL IMMEDIATE; -- a table with checks still to come cannot be altered

CREATE FUNCTION tenants_api_keys_lineage_v1() RETURNS trigger LANGUAGE plpgsql
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

CREATE TRIGGER lineage BEFORE INSERT OR UPDATE OR DELETE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION tenants_api_keys_lineage_v1();
ALTER TABLE api_keys ENABLE ALWAYS TRIGGER lineage;
