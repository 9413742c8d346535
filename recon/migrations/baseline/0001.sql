-- Triggers, by table. ENABLE ALWAYS: a session in replication mode does not slip past them.
CALL ledgersafe_make_append_only_v1('day_close_accounts');
CREATE TRIGGER day_close_parts_guard AFTER INSERT ON day_close_accounts REFERENCING NEW TABLE AS new_parts
    FOR EACH STATEMENT EXECUTE FUNCTION recon_day_close_parts_guard_v1();
ALTER TABLE day_close_accounts ENABLE ALWAYS TRIGGER day_close_parts_guard;

CALL ledgersafe_make_append_only_v1('day_close_exceptions');
CREATE TRIGGER day_close_parts_guard AFTER INSERT ON day_close_exceptions REFERENCING NEW TABLE AS new_parts
    FOR EACH STATEMENT EXECUTE FUNCTION recon_day_close_parts_guard_v1();
ALTER TABLE day_close_exceptions ENABLE ALWAYS TRIGGER day_close_parts_guard;

CALL ledgersafe_make_append_only_v1('day_closes');
CREATE TRIGGER day_closes_guard BEFORE INSERT ON day_closes
    FOR EACH ROW EXECUTE FUNCTION recon_day_closes_guard_v3();
ALTER TABLE day_closes ENABLE ALWAYS TRIGGER day_closes_guard;

CALL ledgersafe_make_append_only_v1('day_packs');
