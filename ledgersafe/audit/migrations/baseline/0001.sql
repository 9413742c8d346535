-- Triggers, by table. ENABLE ALWAYS: a session in replication mode does not slip past them.
CALL ledgersafe_make_append_only_v1('audit_blocks');
CREATE TRIGGER blocks_guard AFTER INSERT ON audit_blocks
    FOR EACH ROW EXECUTE FUNCTION audit_blocks_guard_v1();
ALTER TABLE audit_blocks ENABLE ALWAYS TRIGGER blocks_guard;

CALL ledgersafe_make_append_only_v1('audit_log');

CALL ledgersafe_make_append_only_v1('audit_seals');
CREATE TRIGGER seals_guard AFTER INSERT ON audit_seals REFERENCING NEW TABLE AS new_seals
    FOR EACH STATEMENT EXECUTE FUNCTION audit_seals_guard_v1();
ALTER TABLE audit_seals ENABLE ALWAYS TRIGGER seals_guard;
