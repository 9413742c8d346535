-- Triggers, by table. ENABLE ALWAYS: a session in replication mode does not slip past them.
CALL ledgersafe_make_append_only_v1('idempotency_keys');
CREATE TRIGGER guard BEFORE INSERT ON idempotency_keys
    FOR EACH ROW EXECUTE FUNCTION idempotency_keys_guard_v1();
ALTER TABLE idempotency_keys ENABLE ALWAYS TRIGGER guard;
