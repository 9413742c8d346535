-- Guard a store's clock: a store that anything was dated by keeps its code and time zone (stores_time_zone_fixed), and
-- a time zone is one that Postgres knows (stores_time_zone_known).
--
-- Business days are cut by the store's clock.
--
-- Parameters: none (a trigger function).
-- Answer: the row, unchanged.
-- Locks: none.
-- Callers: trigger stores.stores_guard (BEFORE INSERT OR UPDATE OR DELETE, each row).
CREATE OR REPLACE FUNCTION tenants_stores_guard_v1() RETURNS trigger LANGUAGE plpgsql AS $$
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
