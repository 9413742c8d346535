-- Triggers, by table. ENABLE ALWAYS: a session in replication mode does not slip past them.
CREATE TRIGGER lineage BEFORE INSERT OR DELETE OR UPDATE ON api_keys
    FOR EACH ROW EXECUTE FUNCTION tenants_api_keys_lineage_v1();
ALTER TABLE api_keys ENABLE ALWAYS TRIGGER lineage;
