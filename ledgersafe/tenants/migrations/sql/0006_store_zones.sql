-- A store may keep its own clock. Business days are cut by it, so it stays once anything was dated by it.

CREATE FUNCTION tenants_stores_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.time_zone_fixed_at IS NOT NULL
       AND (TG_OP = 'DELETE' OR (NEW.tenant_id, NEW.code, NEW.time_zone, NEW.time_zone_fixed_at)
            IS DISTINCT FROM (OLD.tenant_id, OLD.code, OLD.time_zone, OLD.time_zone_fixed_at)) THEN
        RAISE EXCEPTION 'Store % has business days: it keeps its code and time zone.', OLD.code
            USING ERRCODE = '23514', CONSTRAINT = 'stores_time_zone_fixed', TABLE = 'stores';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.time_zone <> '' AND NEW.time_zone IS DISTINCT FROM OLD.time_zone
       AND NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = NEW.time_zone) THEN
        RAISE EXCEPTION 'There is no time zone %.', NEW.time_zone
            USING ERRCODE = '23514', CONSTRAINT = 'stores_time_zone_known', TABLE = 'stores';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER stores_guard BEFORE INSERT OR UPDATE OR DELETE ON stores
    FOR EACH ROW EXECUTE FUNCTION tenants_stores_guard_v1();
ALTER TABLE stores ENABLE ALWAYS TRIGGER stores_guard;

-- A process remembers the stores with a time zone of their own along with the tenant's settings, and names the tenant's
-- version when it posts. Whoever gives a store another time zone, by whatever way, makes that memory out of date.
CREATE FUNCTION tenants_count_zones_v1() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(OLD.time_zone, '') <> coalesce(NEW.time_zone, '')
       OR (OLD.time_zone <> '' AND (OLD.tenant_id, OLD.code) IS DISTINCT FROM (NEW.tenant_id, NEW.code)) THEN
        UPDATE tenants SET version = version WHERE id IN (OLD.tenant_id, NEW.tenant_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER count_zones AFTER INSERT OR UPDATE OR DELETE ON stores
    FOR EACH ROW EXECUTE FUNCTION tenants_count_zones_v1();
ALTER TABLE stores ENABLE ALWAYS TRIGGER count_zones;

-- Stores of before: those of a tenant with business days may be in them, by the tenant's clock.
DO $do$ BEGIN
    IF to_regclass('periods') IS NOT NULL THEN
        UPDATE stores SET time_zone_fixed_at = now() WHERE tenant_id IN (SELECT tenant_id FROM periods);
    END IF;
END $do$;
