-- Triggers, by table. ENABLE ALWAYS: a session in replication mode does not slip past them.
CREATE TRIGGER references_agree BEFORE INSERT OR UPDATE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION tenants_references_agree_v1();
ALTER TABLE api_keys ENABLE ALWAYS TRIGGER references_agree;

CREATE TRIGGER references_agree BEFORE INSERT OR UPDATE ON registers
    FOR EACH ROW EXECUTE FUNCTION tenants_references_agree_v1();
ALTER TABLE registers ENABLE ALWAYS TRIGGER references_agree;

CREATE TRIGGER count_zones AFTER INSERT OR DELETE OR UPDATE ON stores
    FOR EACH ROW EXECUTE FUNCTION tenants_count_zones_v1();
ALTER TABLE stores ENABLE ALWAYS TRIGGER count_zones;
CREATE TRIGGER stores_guard BEFORE INSERT OR DELETE OR UPDATE ON stores
    FOR EACH ROW EXECUTE FUNCTION tenants_stores_guard_v1();
ALTER TABLE stores ENABLE ALWAYS TRIGGER stores_guard;

CREATE TRIGGER count_version BEFORE UPDATE ON tenants
    FOR EACH ROW EXECUTE FUNCTION tenants_count_version_v1();
ALTER TABLE tenants ENABLE ALWAYS TRIGGER count_version;
