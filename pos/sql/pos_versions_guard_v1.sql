-- Guard versions: a version keeps its identity, is never deleted, and stays decided (event_versions_keep_identity).
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger event_versions.versions_guard (BEFORE UPDATE OR DELETE, each row).
CREATE OR REPLACE FUNCTION pos_versions_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.tenant_id, NEW.event_key_id, NEW.payload_hash, NEW.first_raw_id, NEW.created_at)
          IS DISTINCT FROM (OLD.id, OLD.tenant_id, OLD.event_key_id, OLD.payload_hash, OLD.first_raw_id, OLD.created_at)
       OR NEW.patched_body IS DISTINCT FROM OLD.patched_body
       OR (NEW.disposition = 'held' AND OLD.disposition <> 'held') THEN
        RAISE EXCEPTION 'A version keeps what it is, is never deleted, and stays decided.'
            USING ERRCODE = '23514', CONSTRAINT = 'event_versions_keep_identity', TABLE = 'event_versions';
    END IF;
    RETURN NEW;
END $$;
