DROP TRIGGER count_zones ON stores;
DROP FUNCTION tenants_count_zones_v1();
DROP TRIGGER stores_guard ON stores;
DROP FUNCTION tenants_stores_guard_v1();
