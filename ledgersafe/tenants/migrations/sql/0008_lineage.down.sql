DROP TRIGGER lineage ON api_keys;
DROP FUNCTION tenants_api_keys_lineage_v1();
