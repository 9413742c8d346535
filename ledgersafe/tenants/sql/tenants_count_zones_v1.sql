-- Count the tenant's version up when a store gets another time zone, or a store with one is moved or renamed.
--
-- A process remembers the stores with a time zone of their own along with the tenant's settings, and names the tenant's
-- version when it posts. Any change of a store's time zone, by any path, makes that memory stale.
--
-- Parameters: none (a trigger function).
-- Answer: null (an AFTER trigger).
-- Locks: the tenant's row, by its update.
-- Callers: trigger stores.count_zones (AFTER INSERT OR UPDATE OR DELETE, each row).
CREATE OR REPLACE FUNCTION tenants_count_zones_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(OLD.time_zone, '') <> coalesce(NEW.time_zone, '')
       OR (OLD.time_zone <> '' AND (OLD.tenant_id, OLD.code) IS DISTINCT FROM (NEW.tenant_id, NEW.code)) THEN
        UPDATE tenants SET version = version WHERE id IN (OLD.tenant_id, NEW.tenant_id);
    END IF;
    RETURN NULL;
END $$;
