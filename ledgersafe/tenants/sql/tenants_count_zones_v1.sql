-- A process remembers the stores with a time zone of their own along with the tenant's settings, and names the tenant's
-- version when it posts. Whoever gives a store another time zone, by whatever way, makes that memory out of date.
CREATE OR REPLACE FUNCTION tenants_count_zones_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(OLD.time_zone, '') <> coalesce(NEW.time_zone, '')
       OR (OLD.time_zone <> '' AND (OLD.tenant_id, OLD.code) IS DISTINCT FROM (NEW.tenant_id, NEW.code)) THEN
        UPDATE tenants SET version = version WHERE id IN (OLD.tenant_id, NEW.tenant_id);
    END IF;
    RETURN NULL;
END $$;
