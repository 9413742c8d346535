DROP TRIGGER references_agree ON api_keys;
DROP TRIGGER references_agree ON registers;
DROP FUNCTION tenants_references_agree_v1();
DROP TRIGGER count_version ON tenants;
DROP FUNCTION tenants_count_version_v1();
DROP PROCEDURE ledgersafe_make_append_only_v1(regclass);
DROP FUNCTION ledgersafe_append_only_v1();
